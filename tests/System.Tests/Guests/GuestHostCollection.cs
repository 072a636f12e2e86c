namespace MicroVm.SystemTests.Guests;

/// <summary>The tests that share one virtual device for their guests.</summary>
[CollectionDefinition(GuestHostFixture.Collection)]
public sealed class GuestHostCollection : ICollectionFixture<GuestHostFixture>;
