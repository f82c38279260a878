package mongodb

func drillIndexes() []index { return nil }
