"""course_tools.reference"""
