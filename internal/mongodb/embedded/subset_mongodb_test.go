package embedded

import "strings"

// What MongoDB documents, by name, so that the tests can tell what of it is not known here.

func mongoCommands() []string {
	return strings.Fields(`
		aggregate count distinct mapReduce bulkWrite delete find findAndModify getMore insert update resetError
		planCacheClear planCacheClearFilters planCacheListFilters planCacheSetFilter setQuerySettings removeQuerySettings
		authenticate logout saslStart saslContinue getnonce
		createUser dropAllUsersFromDatabase dropUser grantRolesToUser revokeRolesFromUser updateUser usersInfo
		createRole dropRole dropAllRolesFromDatabase grantPrivilegesToRole grantRolesToRole invalidateUserCache
		revokePrivilegesFromRole revokeRolesFromRole rolesInfo updateRole
		appendOplogNote applyOps hello isMaster replSetAbortPrimaryCatchUp replSetFreeze replSetGetConfig replSetGetStatus
		replSetInitiate replSetMaintenance replSetReconfig replSetResizeOplog replSetStepDown replSetSyncFrom
		abortReshardCollection addShard addShardToZone analyzeShardKey balancerCollectionStatus balancerStart balancerStatus
		balancerStop checkMetadataConsistency cleanupOrphaned cleanupReshardCollection clearJumboFlag commitReshardCollection
		configureCollectionBalancing configureQueryAnalyzer enableSharding flushRouterConfig getShardMap getShardVersion
		isdbgrid listShards mergeAllChunksOnShard mergeChunks moveChunk moveCollection movePrimary moveRange
		refineCollectionShardKey removeShard removeShardFromZone reshardCollection setShardVersion shardCollection
		shardingState split splitVector unsetSharding unshardCollection updateZoneKeyRange
		abortTransaction commitTransaction endSessions killAllSessions killAllSessionsByPattern killSessions refreshSessions
		startSession
		cloneCollectionAsCapped collMod compact compactStructuredEncryptionData convertToCapped create createIndexes currentOp
		drop dropConnections dropDatabase dropIndexes filemd5 fsync fsyncUnlock getAuditConfig getClusterParameter
		getDefaultRWConcern getParameter killCursors killOp listCollections listDatabases listIndexes logRotate reIndex
		renameCollection rotateCertificates setAuditConfig setClusterParameter setDefaultRWConcern
		setFeatureCompatibilityVersion setIndexCommitQuorum setParameter setUserWriteBlockMode shutdown
		buildInfo collStats connPoolStats connectionStatus dataSize dbHash dbStats explain features getCmdLineOpts getLog
		hostInfo listCommands lockInfo netstat ping profile serverStatus shardConnPoolStats top validate
		validateDBMetadata whatsmyuri logApplicationMessage getLastError
		createSearchIndexes dropSearchIndex updateSearchIndex`)
}

// mongoCommonFields are those that every command may have in MongoDB.
func mongoCommonFields() []string {
	return strings.Fields(`$db lsid comment $readPreference writeConcern readConcern maxTimeMS txnNumber autocommit
		startTransaction apiVersion apiStrict apiDeprecationErrors $clusterTime $audit $client`)
}

// mongoFields are the fields of each command that is known here, besides the common ones.
func mongoFields() map[string][]string {
	fields := map[string]string{
		"insert":          "documents ordered bypassDocumentValidation",
		"update":          "updates ordered bypassDocumentValidation let",
		"delete":          "deletes ordered let",
		"findAndModify":   "query sort remove update new fields upsert bypassDocumentValidation collation arrayFilters hint let",
		"find":            "filter sort projection hint skip limit batchSize singleBatch max min returnKey showRecordId tailable oplogReplay noCursorTimeout awaitData allowPartialResults collation allowDiskUse let",
		"aggregate":       "pipeline explain allowDiskUse cursor bypassDocumentValidation collation hint let",
		"count":           "query limit skip hint collation fields",
		"distinct":        "key query collation hint",
		"getMore":         "collection batchSize",
		"killCursors":     "cursors",
		"create":          "timeseries clusteredIndex changeStreamPreAndPostImages expireAfterSeconds capped autoIndexId size max storageEngine validator validationLevel validationAction indexOptionDefaults viewOn pipeline collation encryptedFields",
		"listCollections": "filter nameOnly authorizedCollections cursor",
		"listDatabases":   "filter nameOnly authorizedDatabases",
		"createIndexes":   "indexes commitQuorum",
		"dropIndexes":     "index",
		"listIndexes":     "cursor",
		"explain":         "verbosity",
		"hello":           "saslSupportedMechs speculativeAuthenticate loadBalanced helloOk client compression topologyVersion maxAwaitTimeMS backpressure",
	}
	fields["isMaster"] = fields["hello"]
	all := map[string][]string{}
	for name, s := range fields {
		all[name] = strings.Fields(s)
	}
	return all
}

func mongoUpdateFields() []string {
	return strings.Fields("q u c upsert multi collation arrayFilters hint sort")
}
func mongoDeleteFields() []string { return strings.Fields("q limit collation hint") }

func mongoIndexOptions() []string {
	return strings.Fields(`v key name unique expireAfterSeconds partialFilterExpression sparse hidden storageEngine weights
		default_language language_override textIndexVersion 2dsphereIndexVersion bits min max bucketSize collation
		wildcardProjection columnstoreProjection background clustered prepareUnique dropDups`)
}

func mongoIndexTypes() []string {
	return strings.Fields("text hashed 2d 2dsphere geoHaystack columnstore")
}

func mongoLogicalOperators() []string {
	return strings.Fields("$and $or $nor $expr $jsonSchema $text $where $comment $alwaysTrue $alwaysFalse $sampleRate")
}

func mongoFieldOperators() []string {
	return strings.Fields(`$eq $ne $gt $gte $lt $lte $in $nin $exists $type $size $not $all $elemMatch $regex $options $mod
		$geoIntersects $geoWithin $near $nearSphere $maxDistance $minDistance $bitsAllClear $bitsAllSet $bitsAnyClear
		$bitsAnySet`)
}

func mongoTypeNames() []string {
	return strings.Fields(`number double string object array binData undefined objectId bool date null regex dbPointer javascript
		symbol javascriptWithScope int timestamp long decimal minKey maxKey`)
}

func mongoUpdateOperators() []string {
	return strings.Fields(`$set $setOnInsert $unset $rename $inc $mul $min $max $currentDate $push $addToSet $pull $pullAll $pop
		$bit $pushAll $isolated`)
}

func mongoModifiers() []string { return strings.Fields("$each $slice $sort $position") }

func mongoStages() []string {
	return strings.Fields(`$match $group $sort $project $skip $limit $count $addFields $bucket $bucketAuto $changeStream
		$changeStreamSplitLargeEvent $collStats $currentOp $densify $documents $facet $fill $geoNear $graphLookup $indexStats
		$listLocalSessions $listSampledQueries $listSearchIndexes $listSessions $lookup $merge $out $planCacheStats
		$querySettings $queryStats $rankFusion $redact $replaceRoot $replaceWith $sample $search $searchMeta $set
		$setWindowFields $shardedDataDistribution $sortByCount $unionWith $unset $unwind $vectorSearch`)
}

func mongoAccumulators() []string {
	return strings.Fields(`$sum $min $max $count $accumulator $addToSet $avg $bottom $bottomN $first $firstN $last $lastN $maxN
		$median $mergeObjects $minN $percentile $push $stdDevPop $stdDevSamp $top $topN $concatArrays $setUnion`)
}

func mongoExpressions() []string {
	return strings.Fields(`$abs $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh
		$atan $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bsonSize $ceil $cmp $concat $concatArrays $cond
		$convert $cos $cosh $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString
		$dateTrunc $dayOfMonth $dayOfWeek $dayOfYear $degreesToRadians $divide $eq $exp $filter $first $firstN $floor
		$function $getField $gt $gte $hour $ifNull $in $indexOfArray $indexOfBytes $indexOfCP $isArray $isNumber $isoDayOfWeek
		$isoWeek $isoWeekYear $last $lastN $let $literal $ln $log $log10 $lt $lte $ltrim $map $max $maxN $median
		$mergeObjects $meta $millisecond $min $minN $minute $mod $month $multiply $ne $not $objectToArray $or $percentile
		$pow $radiansToDegrees $rand $range $reduce $regexFind $regexFindAll $regexMatch $replaceAll $replaceOne
		$reverseArray $round $rtrim $sampleRate $second $setDifference $setEquals $setField $setIntersection $setIsSubset
		$setUnion $sigmoid $sin $sinh $size $slice $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP
		$strcasecmp $substr $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal $toDouble
		$toHashedIndexKey $toInt $toLong $toLower $toObjectId $toString $toUUID $toUpper $trim $trunc $tsIncrement $tsSecond
		$type $unsetField $week $year $zip`)
}

func mongoProjections() []string { return strings.Fields("$elemMatch $slice $meta") }

func mongoReadConcerns() []string {
	return strings.Fields("local majority available linearizable snapshot")
}

func mongoDocumentFields(name string) []string {
	return strings.Fields(map[string]string{
		"lsid":            "id uid",
		"$readPreference": "mode tags maxStalenessSeconds hedge",
		"writeConcern":    "w j wtimeout provenance fsync",
		"readConcern":     "level afterClusterTime atClusterTime provenance",
	}[name])
}
