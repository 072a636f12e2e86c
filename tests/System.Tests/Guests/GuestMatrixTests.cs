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

    /// <summary>Every pair of values is in one of these, except a third of those of processors with memory.</summary>
    [Theory]
    [InlineData(GuestKernel.Debian, GuestImage.BzImage, 1, 96)]
    [InlineData(GuestKernel.Backports, GuestImage.Elf, 2, 96)]
    [InlineData(GuestKernel.Backports, GuestImage.BzImage, 4, 3072)]
    [InlineData(GuestKernel.Debian, GuestImage.Elf, 1, 3072)]
    [InlineData(GuestKernel.Debian, GuestImage.BzImage, 2, 3584)]
    [InlineData(GuestKernel.Backports, GuestImage.Elf, 4, 3584)]
    [InlineData(GuestKernel.Backports, GuestImage.BzImage, 1, 8192)]
    [InlineData(GuestKernel.Debian, GuestImage.Elf, 4, 8192)]
    public async Task StockKernel_EveryForm_SeesProcessorsMemoryAndInitrdAsConfigured(GuestKernel kernel, GuestImage image, int vcpus, int memoryMib)
    {
        long began = Stopwatch.GetTimestamp();
        LinuxGuest guest = Assert.Single(await host.BootAsync(new GuestSpec($"{kernel}-{image}-{vcpus}-{memoryMib}".ToLowerInvariant())
        {
            Kernel = kernel,
            Image = image,
            Vcpus = vcpus,
            MemoryMib = memoryMib,
        }));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;

        Assert.Equal(await host.RunAsync($"cat {guest.Spec.KernelFolder}/release"), await guest.RunAsync("uname -r"));
        Assert.Equal($"{vcpus}", await guest.RunAsync("grep -c ^processor /proc/cpuinfo"));
        Assert.Equal("", await guest.RunAsync("cd / && sha256sum -c checksums | grep -v ': OK$' || true"));
        await AssertMemoryAsync(guest, (ulong)memoryMib << 20);
        Assert.Equal(0, await guest.PowerOffAsync());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"guest {kernel} {image} {vcpus} vCPU {memoryMib} MiB: up after {seconds:F1} s, off after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s"));
    }

    [Theory]
    [InlineData(GuestImage.BzImage, 12, "kernel needs memory up to")]
    [InlineData(GuestImage.Elf, 13, "does not fit into guest memory")]
    public async Task StockKernel_64MiB_IsRefusedBecauseItIsTooLittle(GuestImage image, int exitCode, string reason)
    {
        LinuxGuest guest = await LinuxGuest.StartAsync(host.Device, new GuestSpec($"too-small-{image}".ToLowerInvariant()) { Image = image, MemoryMib = 64 });

        Assert.Equal(exitCode, await guest.EndAsync());
        Assert.Contains(reason, await guest.OnDeviceAsync("log", "cat vmm.log"), StringComparison.Ordinal);
    }

    /// <summary>The firmware's map is all of the memory, none of it in the gap; what Linux can use of it is within what a kernel takes.</summary>
    private static async Task AssertMemoryAsync(LinuxGuest guest, ulong bytes)
    {
        string map = await guest.RunAsync("dmesg | grep BIOS-e820");
        (ulong First, ulong Last)[] ram = [.. E820().Matches(map).Select(match => (Hex(match.Groups[1]), Hex(match.Groups[2])))];
        ulong reserved = 0x10_0000 - 0x8_0000;
        ulong total = ram.Aggregate(0ul, (sum, range) => sum + range.Last - range.First + 1);
        Assert.InRange(total, bytes - reserved, bytes);
        Assert.All(ram, range => Assert.True(range.Last < GapStart || range.First >= GapEnd, map));
        Assert.Equal(bytes > GapStart, ram.Any(range => range.First == GapEnd));
        ulong end = bytes > GapStart ? bytes - GapStart + GapEnd : bytes;
        Assert.Equal(end - 1, ram.Max(range => range.Last));

        string iomem = await guest.RunAsync("grep 'System RAM' /proc/iomem");
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"-{end - 1:x8} : System RAM"), iomem, StringComparison.Ordinal);
        ulong kib = ulong.Parse(await guest.RunAsync("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"), CultureInfo.InvariantCulture);
        // The kernel itself, its page structures (1.6 %) and its tables.
        Assert.InRange(kib << 10, bytes - (bytes / 32) - (72ul << 20), bytes);
    }

    private static ulong Hex(Group group) => ulong.Parse(group.ValueSpan, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] usable")]
    private static partial Regex E820();
}
