"""emocourse.files"""
