"""What there is in the invented county, as tables; nothing of it is anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from spaces.directory import ListingKind

_X = 0
ORG, SERVICE = ListingKind.ORGANISATION, ListingKind.SERVICE

TOWNS = (
    "Elverton",
    "Marlbrook",
    "Tidewick",
    "Ashcombe Regis",
    "Hollinfold",
    "Pont Derwen",
    "Stanlow Green",
    "Fennick",
    "Upper Sorrel",
    "Wickhaven",
)

THEMES = (
    ("Elvershire Arts", "Painting, music, theatre and all who make things"),
    ("Elvershire Health", "Wellbeing, care and how to find help"),
    ("Elvershire Growing", "Allotments, orchards, seeds and soil"),
    ("Elvershire Repair", "Mending rather than throwing away"),
    ("Elvershire Wheels", "Buses, bicycles and lifts between villages"),
    ("Cymraeg Elvershire", "Cymdeithas i siaradwyr Cymraeg a dysgwyr"),
)

BRANCHES = (
    ("Marlbrook Arts", "Painters and potters of Marlbrook", "Elvershire Arts"),
    ("Elverton Arts", "The arts quarter by the canal", "Elvershire Arts"),
    ("Tidewick Harbour Users", "Moorings, tides and boats", "Tidewick"),
    ("Hollinfold Flood Watch", "River levels, sandbags and who checks on whom", "Hollinfold"),
    (
        "Dementia Friends Elvershire",
        "For those who live with dementia, and their families",
        "Elvershire Health",
    ),
    ("Young Carers Elvershire", "Children who look after somebody at home", "Elvershire Health"),
    ("Seed Savers", "Old kinds of beans and apples kept going", "Elvershire Growing"),
    ("Merched Pont Derwen", "Clwb i ferched y pentref", "Pont Derwen"),
    ("Fennick Landowners and Graziers", "Commons, hedges and gates", "Fennick"),
    ("Stanlow Green Residents", "Streets, lamps and parking", "Stanlow Green"),
)

_GROUPS = (
    ("Community Choir", "Singing for everyone, no auditions"),
    ("Allotments", "Plots, sheds and water butts"),
    ("Litter Pickers", "Saturday mornings with gloves and bags"),
    ("Walkers", "Rambles of five to ten miles"),
    ("Book Club", "One novel each month"),
    ("Chess", "Boards and clocks, all strengths"),
    ("Runners", "From the sofa to five kilometres"),
    ("Stitchers", "Sewing, knitting and crochet in company"),
    ("Film Society", "Old films on a big screen"),
    ("Bell Ringers", "Practice on Tuesdays, learners welcome"),
    ("Parents and Toddlers", "Play, tea and a chat"),
    ("Board Games", "From dominoes to dragons"),
    ("Photographers", "Cameras, walks and a yearly show"),
)


def groups_in(town: int) -> Iterator[tuple[str, str]]:
    """In each town, in another order."""
    for number in range(len(_GROUPS)):
        yield _GROUPS[(town + number) % len(_GROUPS)]


OTHER_GROUPS = (
    ("Life drawing", "A model, charcoal and an easel every Monday", "Elvershire Arts"),
    ("Ukulele jam", "Three chords are enough", "Elvershire Arts"),
    ("Beekeepers", "Hives, swarms and honey", "Elvershire Growing"),
    ("Compost champions", "Heaps, worms and leaf mould", "Elvershire Growing"),
    ("Clonc Cymraeg", "Sgwrs dros baned i ddysgwyr", "Cymraeg Elvershire"),
    ("Côr Meibion Derwen", "Canu mewn pedwar llais", "Cymraeg Elvershire"),
    ("Bereavement café", "Company for those who have lost somebody", "Elvershire Health"),
    ("Type 2 together", "Living with diabetes", "Elvershire Health"),
    ("Bike bodgers", "Punctures, chains and brakes on Thursdays", "Elvershire Wheels"),
    ("Electric car sharers", "Charging points and shared cars", "Elvershire Wheels"),
    ("Sourdough circle", "Starters swapped and loaves compared", "Marlbrook"),
    ("Astronomy on the Hill", "Telescopes out when it is clear", "Fennick"),
    ("Wild swimmers", "Cold water, warm flasks", "Tidewick"),
    ("Morris side", "Sticks, bells and handkerchiefs", "Ashcombe Regis"),
    ("Amateur radio", "Aerials, Morse and far voices", "Stanlow Green"),
    ("Genealogists", "Family trees and parish registers", "Elverton"),
)

_LISTED = (
    (ORG, "Food Bank", "Parcels for anyone who cannot afford to eat", "Chapel Row"),
    (ORG, "Village Hall", "Rooms, kitchen and stage for hire", "The Green"),
    (ORG, "Credit Union", "Savings and small loans for members", "Market Street"),
    (ORG, "Library", "Books, computers and a warm room", "School Lane"),
    (ORG, "Museum", "Local history, open at weekends", "Old Mill"),
    (ORG, "Scouts", "Camping and badges for ages six to eighteen", "Scout Hut"),
    (ORG, "Cricket Club", "Three teams, nets and a bar", "Long Meadow"),
    (ORG, "Women's Institute", "Talks, cakes and campaigns", "The Green"),
    (ORG, "Community Shop", "Run by volunteers, with a post office counter", "High Street"),
    (SERVICE, "Lunch Club", "A hot meal for older people on Wednesdays", "The Green"),
    (SERVICE, "Benefits Advice", "Help with forms, appeals and universal credit", "Market Street"),
    (SERVICE, "Debt Advice", "Free and in confidence", "Market Street"),
    (SERVICE, "Minibus Hire", "Sixteen seats with a tail lift, volunteer drivers", "Depot Yard"),
    (SERVICE, "Toddler Group", "Toys, songs and snacks for under fives", "Chapel Row"),
    (SERVICE, "Home Library Service", "Books brought to those who cannot go out", "School Lane"),
    (SERVICE, "Tool Library", "Borrow a drill, a sander or a hedge trimmer", "Old Mill"),
    (SERVICE, "Befriending", "A weekly visit for people who live alone", "Chapel Row"),
    (SERVICE, "Hearing Aid Clinic", "Batteries, tubes and cleaning", "Health Centre"),
    (SERVICE, "Youth Drop-in", "Pool, music and someone to talk to", "Scout Hut"),
    (SERVICE, "English Classes", "For speakers of other languages, with a crèche", "School Lane"),
    (SERVICE, "Community Transport", "Lifts to hospital and the shops", "Depot Yard"),
)


def listed_in(town: int) -> Iterator[tuple[ListingKind, str, str, str]]:
    """Twenty of these in each town: one is missing, another one in each."""
    for number in range(20):
        yield _LISTED[(5 * town + number) % len(_LISTED)]


SINGLE_LISTINGS = (
    (ORG, "Elvershire Air Ambulance", "A helicopter paid for by gifts", "Elverton"),
    (ORG, "Elvershire Wildlife Rescue", "Injured hedgehogs, owls and swans", "Hollinfold"),
    (ORG, "Otter Valley Brass Band", "Cornets to tubas, beginners taught", "Ashcombe Regis"),
    (ORG, "The Kiln Pottery Co-operative", "Wheels, glazes and a shared kiln", "Marlbrook"),
    (ORG, "Tidewick Lifeboat Station", "Crew on call day and night", "Tidewick"),
    (ORG, "Fennick Windmill Trust", "A working mill and its flour", "Fennick"),
    (ORG, "Café Cynnes", "Caffi cymunedol, croeso i bawb", "Pont Derwen"),
    (ORG, "Menter Derwen", "Yn hybu'r Gymraeg yn y dyffryn", "Pont Derwen"),
    (ORG, "Neuadd Goffa Pont Derwen", "Neuadd i'w llogi, cegin a llwyfan", "Pont Derwen"),
    (ORG, "Hollinfold Men's Shed", "Woodwork, tea and company", "Hollinfold"),
    (ORG, "Sanctuary for Donkeys", "Forty rescued donkeys, visitors welcome", "Stanlow Green"),
    (ORG, "Elvershire Citizens' Radio", "A station run by listeners", "Elverton"),
    (SERVICE, "Repair Café Marlbrook", "Toasters, zips and lamps mended for nothing", "Marlbrook"),
    (SERVICE, "Repair Café Elverton", "Bring a broken thing, take it home mended", "Elverton"),
    (SERVICE, "Night Shelter", "Beds and breakfast for people sleeping rough", "Elverton"),
    (SERVICE, "Sign Language Classes", "British Sign Language, levels one and two", "Elverton"),
    (SERVICE, "Wheelchair Loan", "Wheelchairs and walking frames for up to six weeks", "Ashcombe Regis"),
    (SERVICE, "Baby Bank", "Cots, prams and clothes for new families", "Marlbrook"),
    (SERVICE, "School Uniform Exchange", "Blazers, shoes and shirts handed on", "Stanlow Green"),
    (SERVICE, "Stroke Survivors Exercise", "Gentle movement in a chair", "Tidewick"),
    (SERVICE, "Cylch Meithrin y Dderwen", "Grŵp chwarae Cymraeg i blant dan bump", "Pont Derwen"),
    (SERVICE, "Gwersi Cymraeg", "Dosbarthiadau i ddechreuwyr", "Pont Derwen"),
    (SERVICE, "Carers' Respite Sitting", "A trained sitter for three hours a week", "Hollinfold"),
    (SERVICE, "Mobile Foot Clinic", "Toenails cut at home", "Fennick"),
    (SERVICE, "Legal Clinic for Tenants", "Evictions, deposits and damp", "Elverton"),
    (SERVICE, "Naloxone and Needle Exchange", "Without judgement, no appointment", "Elverton"),
    (SERVICE, "Dial-a-Ride", "Door to door for those who cannot take the bus", "Fennick"),
    (SERVICE, "Swimming for the over sixties", "Warm pool, Tuesday mornings", "Tidewick"),
    (SERVICE, "Domestic Abuse Helpline", "Answered by women, day and night", "Elverton"),
    (SERVICE, "Holiday Hunger Kitchen", "Meals for children when school is closed", "Stanlow Green"),
)

_OFFERED = (
    "Extending ladder to lend",
    "Bicycle trailer for two children",
    "Wheelbarrow, one tyre flat",
    "Cello, three quarter size",
    "Apple press and crusher",
    "Lifts to the hospital on Fridays",
    "Spare room for a student",
    "Rhubarb crowns, as many as you like",
    "Sewing machine, treadle",
    "Marquee, six by nine metres",
    "Guitar lessons for beginners",
    "Kittens, two tabby",
    "Firewood, ash and oak logs",
    "Cement mixer to borrow",
    "Proofreading of CVs",
    "Telescope for clear nights",
    "Kayak and paddle",
    "Jam jars with lids",
    "Piano, upright, you collect",
    "Haircuts at home",
    "Tent for four people",
    "Goose eggs each week",
    "Maths tutoring for exams",
    "Rotavator for a weekend",
    "Bouncy castle",
    "Sheepdog training",
    "Projector and screen",
    "Mobility scooter",
    "Dried flowers for a wedding",
    "Roof rack for an estate car",
)
_WANTED = (
    "Someone to walk a greyhound",
    "Trombone on loan",
    "Help with a website for a playgroup",
    "Pallets for a compost bay",
    "Driver for a van on Saturdays",
    "Goalkeeper for a veterans team",
    "Old spectacles to send abroad",
    "A shed, any size",
    "Treasurer for the carnival",
    "Babysitter on Thursday evenings",
    "Bricks and paving slabs",
    "Harmonium or pump organ",
    "Tenor voices for a Messiah",
    "Polytunnel frame",
    "Welsh conversation partner",
    "Fridge freezer in working order",
    "Translator for Ukrainian",
    "Stilts for a street parade",
    "Chainsaw sharpening",
    "Donated laptops for school children",
    "Plumber for a church hall",
    "Costumes for a pantomime",
    "Manure, well rotted",
    "Tombola prizes",
    "Storage for canoes",
    "Somebody to wind the church clock",
    "Fencing foils and masks",
    "A judge for the dog show",
    "Bunting, miles of it",
    "Volunteers to count newts",
)


def exchanged() -> Iterator[tuple[ListingKind, str, str]]:
    """All of these, each in a town."""
    for number, text in enumerate(_OFFERED):
        yield ListingKind.OFFER, text, TOWNS[number % len(TOWNS)]
    for number, text in enumerate(_WANTED):
        yield ListingKind.WANT, text, TOWNS[(number + 3) % len(TOWNS)]


PEOPLE = (
    ("Imber Oakley", "Marlbrook", "bicycle repair, wheel building", "cyclo-cross, cider"),
    ("Perrin Vale", "Elverton", "accountancy, bookkeeping", "chess, canals"),
    ("Sabra Quill", "Tidewick", "sail making, knots", "sea shanties"),
    ("Odo Marsh", "Fennick", "hedge laying, dry stone walls", "sheep"),
    ("Wenna Thrift", "Pont Derwen", "cyfieithu, canu'r delyn", "barddoniaeth"),
    ("Jory Lamb", "Hollinfold", "first aid training, chain saws", "mountain rescue"),
    ("Tamsin Rook", "Ashcombe Regis", "calligraphy, bookbinding", "folk music"),
    ("Corin Ash", "Stanlow Green", "electrician, solar panels", "vintage radios"),
    ("Linnet Fern", "Marlbrook", "beekeeping, candle making", "wild flowers"),
    ("Garrick Stone", "Elverton", "plastering, stone masonry", "archaeology"),
    ("Mabyn Tide", "Tidewick", "scuba diving, underwater photography", "crabs"),
    ("Ansel Birch", "Fennick", "wood turning, green woodwork", "owls"),
    ("Hesper Lane", "Elverton", "immigration law, interpreting in Farsi", "cooking"),
    ("Rowan Pike", "Hollinfold", "fly fishing, river surveys", "trout"),
    ("Isolde Wren", "Marlbrook", "violin teaching, string quartets", "swifts"),
    ("Barnaby Cole", "Ashcombe Regis", "brewing, barrel making", "morris dancing"),
    ("Elowen Sedge", "Pont Derwen", "basket weaving with willow", "wetlands"),
    ("Fitch Harrow", "Stanlow Green", "tractor mechanics, welding", "ploughing matches"),
    ("Nerys Combe", "Pont Derwen", "dysgu Cymraeg, adrodd straeon", "cerdded"),
    ("Quentin Moor", "Elverton", "web design, databases", "typography"),
    ("Bettrys Hale", "Marlbrook", "yoga teaching, massage", "meditation"),
    ("Dorian Flint", "Tidewick", "blacksmithing, knife making", "fossils"),
    ("Cressida May", "Ashcombe Regis", "cake decorating, sugar flowers", "village fetes"),
    ("Lowen Gale", "Fennick", "weather forecasting, kites", "gliding"),
    ("Peregrine Dyer", "Hollinfold", "natural dyes, felt making", "alpacas"),
    ("Zennor Blythe", "Elverton", "grant applications, fundraising", "theatre"),
    ("Aldous Brook", "Marlbrook", "stand-up comedy, compering", "quizzes"),
    ("Marnie Holt", "Stanlow Green", "dog grooming, puppy training", "whippets"),
    ("Tobiah Reed", "Fennick", "thatching, roofing", "cricket"),
    ("Jennet Crane", "Upper Sorrel", "midwifery, baby massage", "patchwork"),
    ("Hob Larkin", "Wickhaven", "boat building, oar making", "gig rowing"),
    ("Sorrel Penn", "Upper Sorrel", "map making, orienteering", "fell running"),
    ("Gethin Vaughan-Lee", "Pont Derwen", "saernïaeth, gwaith coed", "rygbi"),
    ("Oriel Swift", "Wickhaven", "glass blowing, mosaics", "lighthouses"),
    ("Verity Sloe", "Ashcombe Regis", "herbal medicine, foraging", "mushrooms"),
)

HIDDEN = (
    ("Safe House Marlbrook", "A refuge nobody may know of"),
    ("Refuge Outreach", "Emergency moves at night"),
    ("Choir of the Refuge", "Singing together"),
    ("Minibus for the Refuge", "Hospital and school runs"),
    ("Xylophone Therapy", "Music for children of the house"),
)
