"""emocourse.models"""
