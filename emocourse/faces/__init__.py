"""emocourse.faces"""
