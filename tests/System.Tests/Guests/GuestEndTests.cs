namespace MicroVm.SystemTests.Guests;

/// <summary>How a stock kernel's life ends from outside.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestEndTests(GuestHostFixture host)
{
    [Fact]
    public Task CtrlAltDel_RestartsTheGuest_TheVmmEnds() => host.AttemptAsync(async () =>
    {
        LinuxGuest guest = Assert.Single(await host.BootAsync(Small("ctrl-alt-del")));
        await guest.AcceptedAsync("PUT", "/actions", """{"action_type": "SendCtrlAltDel"}""");
        Assert.Equal(0, await guest.EndAsync());
        Assert.Contains("Restarting system", await guest.OnDeviceAsync("log", "cat serial.log"), StringComparison.Ordinal);
    });

    [Fact]
    public Task Sigterm_PressesThePowerButton_TheGuestPowersOff() => host.AttemptAsync(async () =>
    {
        LinuxGuest guest = Assert.Single(await host.BootAsync(Small("power-button") with { Options = "--no-api" }));
        await guest.OnDeviceAsync("signal", "kill -TERM $(cat pid)");
        Assert.Equal(0, await guest.EndAsync());
        string log = await guest.OnDeviceAsync("log", "cat serial.log vmm.log");
        Assert.Contains("Power down", log, StringComparison.Ordinal);
        Assert.Contains("guest powered off", log, StringComparison.Ordinal);
    });

    private static GuestSpec Small(string name) => new(name) { Image = GuestImage.Elf, MemoryMib = 96 };
}
