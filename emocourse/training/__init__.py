"""emocourse.training"""
