"""What a Space is: the rules of networks. Pure: no clock, no I/O, standard library only."""
