package mongodb

func reminderIndexes() []index { return nil }
