package mongodb

func authIndexes() []index { return nil }
