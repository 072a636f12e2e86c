using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroVm.SystemTests.Guests;

/// <summary>Stock kernels, both forms, processors and memory sizes: what a guest sees is what was configured.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed partial class GuestMatrixTests(GuestHostFixture host)
{
    private const ulong GapStart = 0xC000_0000;
    private const ulong GapEnd = 0x1_0000_0000;

    /// <summary>At most this much below 1 MiB is not RAM.</summary>
    private const ulong FirmwareBytes = 0x8_0000;

    /// <summary>
    /// Two guests at a time, each as kernel, form, processors and MiB. Every pair of values is in one of them, except a third of those of
    /// processors with memory.
    /// </summary>
    [Theory]
    [InlineData("Debian BzImage 1 96", "Backports Elf 2 96")]
    [InlineData("Backports BzImage 4 3072", "Debian Elf 1 3072")]
    [InlineData("Debian BzImage 2 3584", "Backports Elf 4 3584")]
    [InlineData("Backports BzImage 1 8192", "Debian Elf 4 8192")]
    public Task StockKernel_EveryForm_SeesProcessorsMemoryAndInitrdAsConfigured(string first, string second) => host.AttemptAsync(async () =>
    {
        long began = Stopwatch.GetTimestamp();
        IReadOnlyList<LinuxGuest> guests = await host.BootAsync(Parse(first), Parse(second));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        foreach (LinuxGuest guest in guests)
        {
            await AssertAsConfiguredAsync(guest);
        }

        double all = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"guests {first}, {second}: up after {seconds:F1} s, off after {all:F1} s"));
    });

    [Theory]
    [InlineData(GuestImage.BzImage, 12, "kernel needs memory up to")]
    [InlineData(GuestImage.Elf, 13, "does not fit into guest memory")]
    public Task StockKernel_64MiB_IsRefusedBecauseItIsTooLittle(GuestImage image, int exitCode, string reason) => host.AttemptAsync(async () =>
    {
        LinuxGuest guest = await LinuxGuest.StartAsync(host.Device, new GuestSpec($"too-small-{image}".ToLowerInvariant()) { Image = image, MemoryMib = 64 });

        Assert.Equal(exitCode, await guest.EndAsync());
        Assert.Contains(reason, await guest.OnDeviceAsync("log", "cat vmm.log"), StringComparison.Ordinal);
    });

    private static GuestSpec Parse(string words)
    {
        string[] parts = words.Split(' ');
        return new GuestSpec($"{parts[0]}-{parts[1]}-{parts[2]}-{parts[3]}".ToLowerInvariant())
        {
            Kernel = Enum.Parse<GuestKernel>(parts[0]),
            Image = Enum.Parse<GuestImage>(parts[1]),
            Vcpus = int.Parse(parts[2], CultureInfo.InvariantCulture),
            MemoryMib = int.Parse(parts[3], CultureInfo.InvariantCulture),
        };
    }

    private async Task AssertAsConfiguredAsync(LinuxGuest guest)
    {
        string[] report = (await guest.RunAsync(
            """
            uname -r; echo --; grep -c ^processor /proc/cpuinfo
            echo --; cd / && md5sum -c checksums | grep -v ': OK$'
            echo --; dmesg | grep BIOS-e820
            echo --; grep 'System RAM' /proc/iomem
            echo --; sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo
            """)).Split("--\n");
        Assert.Equal(await host.RunAsync($"cat {guest.Spec.KernelFolder}/release"), report[0].Trim());
        Assert.Equal(guest.Spec.Vcpus, int.Parse(report[1], CultureInfo.InvariantCulture));
        Assert.Equal("", report[2]);
        AssertMemory((ulong)guest.Spec.MemoryMib << 20, report[3], report[4], ulong.Parse(report[5], CultureInfo.InvariantCulture) << 10);
        Assert.Equal(0, await guest.PowerOffAsync());
    }

    /// <summary>The firmware's map is all of the memory, none of it in the gap; what Linux can use of it is within what a kernel takes.</summary>
    private static void AssertMemory(ulong bytes, string map, string iomem, ulong usable)
    {
        (ulong First, ulong Last)[] ram = [.. E820().Matches(map).Select(match => (Hex(match.Groups[1]), Hex(match.Groups[2])))];
        ulong total = ram.Aggregate(0ul, (sum, range) => sum + range.Last - range.First + 1);
        Assert.InRange(total, bytes - FirmwareBytes, bytes);
        Assert.All(ram, range => Assert.True(range.Last < GapStart || range.First >= GapEnd, map));
        Assert.Equal(bytes > GapStart, ram.Any(range => range.First == GapEnd));
        ulong end = bytes > GapStart ? bytes - GapStart + GapEnd : bytes;
        Assert.Equal(end - 1, ram.Max(range => range.Last));

        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"-{end - 1:x8} : System RAM"), iomem, StringComparison.Ordinal);
        // The kernel itself, its page structures (1.6 %) and its tables.
        Assert.InRange(usable, bytes - (bytes / 32) - (72ul << 20), bytes);
    }

    private static ulong Hex(Group group) => ulong.Parse(group.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] usable")]
    private static partial Regex E820();
}
