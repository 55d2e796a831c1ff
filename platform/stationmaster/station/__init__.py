"""A station as data: load its folder, check it, plan a day from its timetable, import a timetable into it."""
