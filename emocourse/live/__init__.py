"""emocourse.live"""
