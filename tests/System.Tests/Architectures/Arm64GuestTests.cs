using System.Globalization;
using MicroVm.SystemTests.Guests;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>
/// The VMM alone with Debian's kernel on hosts of aarch64: one whose KVM has a GICv3, and one that has only a GICv2, as boards of the
/// Raspberry Pi 4's class are.
/// </summary>
public sealed class Arm64GuestTests
{
    private const string Devices =
        """
        "drives": [{ "drive_id": "media", "path_on_host": "/media/initramfs.cpio", "is_root_device": false, "is_read_only": true }],
        "entropy": {},
        "balloon": { "amount_mib": 0, "deflate_on_oom": false },
        "vsock": { "guest_cid": 3, "uds_path": "vsock.sock" }
        """;

    /// <summary>How far the guest's clock may be from its host's, in seconds: it has whole ones, and the two are read at different times.</summary>
    private const long ClockTolerance = 120;

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public async Task Guest_OfDebiansKernel_BootsWithEveryDeviceAndEnds(int gic)
    {
        await using VirtualDevice device = await VirtualDevice.StartAsync(Host(gic));
        await NestedHang.RetryOnceAsync(() => AttemptAsync(device, gic), () => PowerCycleAsync(device));
        await device.PowerOffAsync();
    }

    private static async Task AttemptAsync(VirtualDevice device, int gic)
    {
        await AssertDevicesAsync(device, gic);
        await AssertResetAsync(device);
        await AssertProcessorLimitAsync(device, gic);
        await AssertPackedKernelIsRefusedAsync(device);
    }

    private static async Task AssertDevicesAsync(VirtualDevice device, int gic)
    {
        GuestSpec spec = new($"devices-{gic}") { Vcpus = 2, MemoryMib = 256, Sections = Devices, Options = "--no-api --boot-timer" };
        LinuxGuest guest = await LinuxGuest.StartAsync(device, spec);
        await guest.WaitUntilReadyAsync();

        Assert.Equal("aarch64 2", await guest.RunAsync("echo $(uname -m) $(grep -c ^processor /proc/cpuinfo)"));
        Assert.Equal("", await guest.RunAsync("cd / && md5sum -c checksums | grep -v ': OK$' || true"));
        Assert.Contains(gic == 3 ? "GICv3" : "GIC-0", await guest.RunAsync("grep arch_timer /proc/interrupts"), StringComparison.Ordinal);
        Assert.InRange(await NumberAsync(guest.RunAsync("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")), 192 << 10, 256 << 10);
        Assert.Equal(
            await guest.OnDeviceAsync("checksum", "md5sum </media/initramfs.cpio"),
            await guest.RunAsync("md5sum </dev/vda"));
        Assert.Equal("virtio_rng.0 16", await guest.RunAsync("echo $(cat /sys/class/misc/hw_random/rng_current) $(dd if=/dev/hwrng bs=16 count=1 2>/dev/null | wc -c)"));
        Assert.Equal("4", await guest.RunAsync("ls /sys/bus/virtio/drivers/*/ | grep -c '^virtio[0-9]'"));

        // What the hardware does not describe to the VMM is the guest's fault, and the guest goes on.
        Assert.Equal("load 7\nstore 7", await guest.RunAsync("pair-access"));
        long ahead = await NumberAsync(guest.RunAsync("date +%s")) - await NumberAsync(guest.OnDeviceAsync("clock", "date +%s"));
        Assert.InRange(ahead, -ClockTolerance, ClockTolerance);

        Assert.Equal(0, await guest.PowerOffAsync());
        string log = await guest.OnDeviceAsync("log", "cat vmm.log");
        Assert.Contains("Guest-boot-time", log, StringComparison.Ordinal);
        Assert.Contains("guest powered off", log, StringComparison.Ordinal);
    }

    private static async Task AssertResetAsync(VirtualDevice device)
    {
        LinuxGuest guest = await LinuxGuest.StartAsync(device, new GuestSpec("reset") { MemoryMib = 128, Options = "--no-api" });
        await guest.WaitUntilReadyAsync();
        Assert.Equal(0, await guest.EndByAsync("reboot -f"));
        Assert.Contains("guest reset", await guest.OnDeviceAsync("log", "cat vmm.log"), StringComparison.Ordinal);
    }

    private static async Task AssertProcessorLimitAsync(VirtualDevice device, int gic)
    {
        GuestSpec spec = new("processors") { Vcpus = gic == 2 ? 9 : 33, MemoryMib = 128, Options = "--no-api" };
        LinuxGuest guest = await LinuxGuest.StartAsync(device, spec);
        Assert.Equal(3, await guest.EndAsync());
        Assert.Contains(
            gic == 2 ? "expected 1 to 8" : "from 1 to 32",
            await guest.OnDeviceAsync("log", "cat vmm.log"),
            StringComparison.Ordinal);
    }

    private static async Task AssertPackedKernelIsRefusedAsync(VirtualDevice device)
    {
        LinuxGuest guest = await LinuxGuest.StartAsync(device, new GuestSpec("packed") { MemoryMib = 128, Options = "--no-api" });
        await guest.KillAsync();
        string log = await guest.OnDeviceAsync(
            "packed kernel",
            """
            gzip -1 -c /media/kernels/debian/vmlinuz >packed
            sed 's|"kernel_image_path": "[^"]*"|"kernel_image_path": "packed"|' config.json >packed.json
            /usr/lib/microvm/microvm-vmm --no-api --config-file packed.json 2>&1 </dev/null
            echo "ended with $?"
            """);
        Assert.Contains("found a file packed with gzip", log, StringComparison.Ordinal);
        Assert.EndsWith("ended with 10", log, StringComparison.Ordinal);
    }

    private static async Task<long> NumberAsync(Task<string> text) => long.Parse(await text, CultureInfo.InvariantCulture);

    private static async Task PowerCycleAsync(VirtualDevice device)
    {
        await device.KillAsync();
        await device.BootAsync();
    }

    private static VirtualDeviceOptions Host(int gic) => new()
    {
        Id = $"guests-gic-{gic}",
        Architecture = "aarch64",
        GicVersion = gic,
        ApiPort = 1,
        MqttPort = 1,
        Results = Artifacts.ResultsFolder($"System.Tests.Arm64Guests{gic}"),
        Media = Artifacts.Of("aarch64", "probe/probe.squashfs"),
        HasAgent = false,
    };
}
