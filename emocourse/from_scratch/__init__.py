"""emocourse.from_scratch"""
