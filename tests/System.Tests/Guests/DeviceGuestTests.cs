namespace MicroVm.SystemTests.Guests;

/// <summary>Tests with the guest that has every device.</summary>
[Collection(GuestHostFixture.Collection)]
public abstract class DeviceGuestTests(GuestHostFixture host) : IAsyncLifetime
{
    /// <summary>The device that it runs on.</summary>
    protected GuestHostFixture Host { get; } = host;

    internal DeviceGuest Devices { get; private set; } = null!;

    internal LinuxGuest Guest => Devices.Guest;

    public async ValueTask InitializeAsync() => Devices = await Host.DevicesAsync();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
