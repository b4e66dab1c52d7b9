"""course_tools"""
