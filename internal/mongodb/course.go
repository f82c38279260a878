package mongodb

func courseIndexes() []index { return nil }
