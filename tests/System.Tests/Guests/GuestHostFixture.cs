using MicroVm.TestKit;

namespace MicroVm.SystemTests.Guests;

/// <summary>
/// A virtual device without an agent on which tests run microVMs with stock kernels. It has memory for one guest of 8 GiB, of
/// which next to nothing is ever touched, and the backports' kernel, which can forbid io_uring.
/// </summary>
public sealed class GuestHostFixture : IAsyncLifetime
{
    /// <summary>Name of the collection of tests that share it.</summary>
    internal const string Collection = "Linux guests";

    private Task<DeviceGuest>? _devices;

    internal VirtualDevice Device { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Device = await VirtualDevice.StartAsync(new VirtualDeviceOptions
    {
        Id = "guests",
        ApiPort = 1,
        MqttPort = 1,
        Results = Artifacts.ResultsFolder("System.Tests.Guests"),
        MemoryMib = 10240,
        Media = Artifacts.ProbeMedia,
        HasAgent = false,
        KernelFolder = Artifacts.ProbeHostKernel,
        // Old QEMUs emulate cmpxchg16b wrongly, which kernel 6.12 does not survive (deploy/virtual-device/README.md).
        KernelArguments = "clearcpuid=cx16",
    });

    /// <summary>Boots guests side by side, tries once more if one of them hangs, and returns them when all are up.</summary>
    internal async Task<IReadOnlyList<LinuxGuest>> BootAsync(params GuestSpec[] specs)
    {
        List<LinuxGuest> guests = [];
        await NestedHang.RetryOnceAsync(
            async () =>
            {
                foreach (GuestSpec spec in specs)
                {
                    guests.Add(await LinuxGuest.StartAsync(Device, spec));
                }

                foreach (LinuxGuest guest in guests)
                {
                    await guest.WaitUntilReadyAsync();
                }
            },
            async () =>
            {
                await EndAsync(guests);
                guests.Clear();
            });
        return guests;
    }

    /// <summary>Runs the body of a test; if the device or a guest stops answering in it, switches the device off and on and runs it once more.</summary>
    internal Task AttemptAsync(Func<Task> body) => NestedHang.RetryOnceAsync(body, PowerCycleAsync);

    /// <summary>The guest with every device, booted when it is first asked for.</summary>
    internal Task<DeviceGuest> DevicesAsync() => _devices ??= DeviceGuest.BootAsync(this);

    /// <summary>Runs a shell command on the device.</summary>
    internal async Task<string> RunAsync(string command) => (await Device.RunAsync(command)).Succeeded();

    /// <summary>Ends guests that hang; a device that hangs itself is switched off and on.</summary>
    private async Task EndAsync(IReadOnlyList<LinuxGuest> guests)
    {
        try
        {
            foreach (LinuxGuest guest in guests)
            {
                await guest.KillAsync();
            }
        }
        catch (PhaseTimeoutException)
        {
            await PowerCycleAsync();
        }
    }

    private async Task PowerCycleAsync()
    {
        _devices = null;
        await Device.KillAsync();
        await Device.BootAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Device is not null)
        {
            try
            {
                if (_devices is { IsCompletedSuccessfully: true })
                {
                    Assert.Equal(0, await (await _devices).Guest.PowerOffAsync());
                }
            }
            finally
            {
                await Device.PowerOffAsync();
                await Device.DisposeAsync();
            }
        }

        Console.WriteLine($"nested boots tried again so far: {NestedHang.Count}");
    }
}
