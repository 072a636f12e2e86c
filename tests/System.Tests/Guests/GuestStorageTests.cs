using System.Globalization;
using System.Text.Json.Nodes;

namespace MicroVm.SystemTests.Guests;

/// <summary>Drives and entropy as a stock kernel sees them.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestStorageTests(GuestHostFixture host) : DeviceGuestTests(host)
{
    private const int DataBytes = 4 << 20;

    [Theory]
    [InlineData("async", "vdb")]
    [InlineData("sync", "vdc")]
    public Task Drive_EitherEngine_KeepsWhatTheGuestWrites(string id, string disk) => AttemptAsync(async () =>
    {
        Assert.Contains("io_uring", await FilesOfAsync(Guest), StringComparison.Ordinal);
        await Devices.FlushMetricsAsync();
        await Guest.RunAsync($"dd if=/tmp/data of=/dev/{disk} bs=128k oflag=direct");
        await Guest.RunAsync($"dd if=/tmp/data of=/dev/{disk} bs=4k seek=2048 count=64 conv=fsync");
        await Guest.RunAsync($"dd if=/dev/{disk} bs=64k count=64 iflag=direct | cmp - /tmp/data");
        await Guest.RunAsync($"echo 3 >/proc/sys/vm/drop_caches; head -c 4m /dev/{disk} | cmp - /tmp/data");

        string sum = await Guest.RunAsync("md5sum </tmp/data");
        Assert.Equal(sum, await Guest.OnDeviceAsync("sum", $"head -c 4m {DeviceGuest.Disks}/{id}.raw | md5sum"));
        Assert.Equal(
            await Guest.RunAsync("head -c 256k /tmp/data | md5sum"),
            await Guest.OnDeviceAsync("sum", $"tail -c +$((8388608 + 1)) {DeviceGuest.Disks}/{id}.raw | head -c 256k | md5sum"));
        JsonNode metrics = (await Devices.FlushMetricsAsync())[$"block_{id}"]!;
        Assert.InRange((long)metrics["write_bytes"]!, DataBytes + (256 << 10), 2 * DataBytes);
        Assert.InRange((long)metrics["read_bytes"]!, 2 * DataBytes, 3 * DataBytes);
        Assert.True((long)metrics["flush_count"]! > 0, $"{metrics}");
        Assert.Equal(0, (long)metrics["execute_fails"]! + (long)metrics["invalid_reqs_count"]! + (long)metrics["guest_faults"]!);
    });

    [Fact]
    public Task Drive_AsyncWhereTheHostForbidsIoUring_WorksWithAThread() => AttemptAsync(async () =>
    {
        const string file = $"{DeviceGuest.Disks}/worker.raw";
        await Host.RunAsync($"truncate -s 32M {file}; echo 2 >/proc/sys/kernel/io_uring_disabled");
        LinuxGuest guest = Assert.Single(await Host.BootAsync(new GuestSpec("worker")
        {
            Image = GuestImage.Elf,
            MemoryMib = 96,
            Sections = $$"""
                "drives": [{"drive_id": "worker", "path_on_host": "{{file}}", "is_root_device": false, "is_read_only": false,
                            "io_engine": "Async", "cache_type": "Writeback"}]
                """,
        }));
        await Host.RunAsync("echo 0 >/proc/sys/kernel/io_uring_disabled");
        Assert.DoesNotContain("io_uring", await FilesOfAsync(guest), StringComparison.Ordinal);

        await guest.RunAsync("dd if=/noise of=/dev/vda bs=64k oflag=direct && dd if=/noise of=/dev/vda bs=4k seek=2048 conv=fsync");
        await guest.RunAsync("dd if=/dev/vda bs=64k count=64 iflag=direct | cmp - /noise");
        await guest.RunAsync("echo 3 >/proc/sys/vm/drop_caches; head -c 4m /dev/vda | cmp - /noise");
        string sum = await guest.RunAsync("md5sum </noise");
        Assert.Equal(sum, await guest.OnDeviceAsync("sum", $"head -c 4m {file} | md5sum"));
        Assert.Equal(sum, await guest.OnDeviceAsync("sum", $"tail -c +$((8388608 + 1)) {file} | head -c 4m | md5sum"));
        Assert.Equal(0, await guest.PowerOffAsync());
    });

    [Fact]
    public Task Drive_PathChangedWhileTheGuestRuns_HasTheNewFilesSizeAndBytes() => AttemptAsync(async () =>
    {
        await AssertSwappedAsync("first", 1);
        await Guest.AcceptedAsync("PATCH", "/drives/swapped", $$"""{"drive_id": "swapped", "path_on_host": "{{DeviceGuest.Disks}}/second.raw"}""");
        await AssertSwappedAsync("second", 3);
        await Guest.AcceptedAsync("PATCH", "/drives/swapped", $$"""{"drive_id": "swapped", "path_on_host": "{{DeviceGuest.Disks}}/first.raw"}""");
        await AssertSwappedAsync("first", 1);
    });

    [Fact]
    public Task Drive_BandwidthLimited_IsThrottledAndLosesNothing_TheOtherDrivesAreNot() => AttemptAsync(async () =>
    {
        await Devices.FlushMetricsAsync();
        await Guest.RunAsync("dd if=/tmp/data of=/dev/vdd bs=128k count=8 oflag=direct");
        await Guest.RunAsync("dd if=/dev/vdd bs=128k count=8 iflag=direct >/tmp/back");
        await Guest.RunAsync("head -c 1m /tmp/data | cmp - /tmp/back && rm /tmp/back");
        JsonNode metrics = await Devices.FlushMetricsAsync();
        JsonNode limited = metrics["block_limited"]!;
        Assert.Equal(1 << 20, (long)limited["write_bytes"]!);
        Assert.Equal(1 << 20, (long)limited["read_bytes"]!);
        // 2 MiB through a bucket of 256 KiB: it was empty again and again.
        Assert.True((long)limited["rate_limiter_throttled_events"]! >= 4, $"{limited}");
        Assert.Equal(0, (long)metrics["block_sync"]!["rate_limiter_throttled_events"]!);
    });

    [Fact]
    public Task Entropy_FeedsTheKernelsGenerator() => AttemptAsync(async () =>
    {
        await Devices.FlushMetricsAsync();
        Assert.StartsWith("virtio_rng", await Guest.RunAsync("cat /sys/class/misc/hw_random/rng_current"), StringComparison.Ordinal);
        string sums = await Guest.RunAsync("for i in 1 2; do dd if=/dev/hwrng bs=512 count=8 2>/dev/null | md5sum; done");
        string[] two = sums.Split('\n');
        Assert.NotEqual(two[0], two[1]);
        Assert.True((long)(await Devices.FlushMetricsAsync())["entropy"]!["entropy_bytes"]! >= 8192);
    });

    private static Task<string> FilesOfAsync(LinuxGuest guest) => guest.OnDeviceAsync("files of the VMM", "ls -l /proc/$(cat pid)/fd");

    private async Task AssertSwappedAsync(string file, int sizeMib)
    {
        string sectors = (sizeMib << 11).ToString(CultureInfo.InvariantCulture);
        await Guest.RunAsync($"until [ \"$(cat /sys/block/vde/size)\" = {sectors} ]; do usleep 20000; done; echo 3 >/proc/sys/vm/drop_caches");
        Assert.Equal(
            await Guest.OnDeviceAsync("sum", $"md5sum <{DeviceGuest.Disks}/{file}.raw"),
            await Guest.RunAsync("md5sum </dev/vde"));
    }
}
