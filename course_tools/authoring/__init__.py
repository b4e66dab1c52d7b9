"""course_tools.authoring"""
