"""emocourse.results"""
