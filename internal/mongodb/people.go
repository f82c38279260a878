package mongodb

func peopleIndexes() []index { return nil }
