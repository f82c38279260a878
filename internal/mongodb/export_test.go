package mongodb

import "go.mongodb.org/mongo-driver/v2/mongo"

// Database gives tests the driver's view of d, to see what the store does not show.
func (d *DB) Database() *mongo.Database { return d.db }
