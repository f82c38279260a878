package mongodb

func campaignIndexes() []index { return nil }
