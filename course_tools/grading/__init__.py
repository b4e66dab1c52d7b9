"""course_tools.grading"""
