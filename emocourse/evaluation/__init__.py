"""emocourse.evaluation"""
