namespace MicroVm.SystemTests.Guests;

/// <summary>Tests with the guest that has every device.</summary>
[Collection(GuestHostFixture.Collection)]
public abstract class DeviceGuestTests(GuestHostFixture host)
{
    /// <summary>The device that it runs on.</summary>
    protected GuestHostFixture Host { get; } = host;

    internal DeviceGuest Devices { get; private set; } = null!;

    internal LinuxGuest Guest => Devices.Guest;

    /// <summary>As <see cref="GuestHostFixture.AttemptAsync"/>, with the guest up.</summary>
    protected Task AttemptAsync(Func<Task> body) => Host.AttemptAsync(async () =>
    {
        Devices = await Host.DevicesAsync();
        await body();
    });
}
