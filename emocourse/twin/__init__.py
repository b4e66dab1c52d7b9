"""emocourse.twin"""
