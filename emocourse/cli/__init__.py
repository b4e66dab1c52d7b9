"""emocourse.cli"""
