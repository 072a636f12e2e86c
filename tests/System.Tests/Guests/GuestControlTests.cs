using System.Globalization;
using System.Text.Json.Nodes;

namespace MicroVm.SystemTests.Guests;

/// <summary>Pause, resume and the balloon with a stock kernel.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestControlTests(GuestHostFixture host) : DeviceGuestTests(host)
{
    private static readonly TimeSpan s_balloonLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public Task Pause_StopsTheGuestsProgress_ResumeLetsItGoOn() => AttemptAsync(async () =>
    {
        await Guest.RunAsync(
            """
            { i=0; while [ ! -f /tmp/stop ]; do i=$((i + 1)); echo $i >/tmp/count; done; } >/dev/null 2>&1 </dev/null &
            until [ -s /tmp/count ]; do usleep 20000; done
            """);
        await Guest.AcceptedAsync("PATCH", "/vm", """{"state": "Paused"}""");
        Assert.Equal("Paused", (string?)JsonNode.Parse(await Guest.AcceptedAsync("GET", "/"))!["state"]);
        // Nanoseconds on a processor of all threads but the loop's, which answers the API, and io_uring's, which the kernel starts and
        // ends as it likes. A second is long for a guest that counts.
        string used = await Guest.OnDeviceAsync(
            "paused",
            """
            used() {
              for task in /proc/$(cat pid)/task/*; do
                case ${task##*/},$(cat $task/comm) in $(cat pid),* | *,iou-*) ;; *) cut -d' ' -f1 $task/schedstat ;; esac
              done 2>/dev/null | md5sum
            }
            used; sleep 1; used
            """);
        string[] sums = used.Split('\n');
        Assert.Equal(sums[0], sums[1]);
        await Guest.AcceptedAsync("PATCH", "/vm", """{"state": "Resumed"}""");
        Assert.Equal("Running", (string?)JsonNode.Parse(await Guest.AcceptedAsync("GET", "/"))!["state"]);

        await Guest.RunAsync("a=$(cat /tmp/count); until [ \"$(cat /tmp/count)\" -gt $((a + 10)) ]; do usleep 20000; done; touch /tmp/stop");
    });

    [Fact]
    public Task Balloon_InflatedAndDeflated_TakesAndGivesBackMemory_StatisticsAreTheGuests() => AttemptAsync(async () =>
    {
        Assert.Equal(0, (int)(await StatisticsAsync())["actual_mib"]!);
        await SetBalloonAsync(64);
        long total = long.Parse(await Guest.RunAsync("sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo"), CultureInfo.InvariantCulture);
        long taken = long.Parse(await Guest.RunAsync("sed -n 's/^balloon_inflate //p' /proc/vmstat"), CultureInfo.InvariantCulture);
        Assert.Equal(64, taken >> 8);
        await SetBalloonAsync(0);
        Assert.Equal("16384", await Guest.RunAsync("sed -n 's/^balloon_deflate //p' /proc/vmstat"));

        JsonNode statistics = await StatisticsAsync();
        // MemTotal had lost what was in the balloon.
        Assert.InRange((long)statistics["total_memory"]! >> 10, total, total + (64 << 10));
        Assert.InRange((long)statistics["free_memory"]!, 1 << 20, (long)statistics["total_memory"]!);
    });

    [Fact]
    public Task FreePageReporting_GivesTheHostItsMemoryBack() => AttemptAsync(async () =>
    {
        long idle = await ResidentKibAsync();
        await Guest.RunAsync("dd if=/dev/zero of=/tmp/big bs=1M count=96", s_balloonLimit);
        long full = await ResidentKibAsync();
        Assert.True(full > idle + (48 << 10), $"expected 96 MiB of files to need memory of the host, found {idle} and then {full} KiB");
        await Guest.RunAsync("rm /tmp/big; echo 3 >/proc/sys/vm/drop_caches");

        await Guest.OnDeviceAsync(
            "memory given back",
            $"until [ $(sed -n 's/^Rss: *\\([0-9]*\\) kB/\\1/p' /proc/$(cat pid)/smaps_rollup) -lt {full - (64 << 10)} ]; do usleep 100000; done",
            s_balloonLimit);
        JsonNode metrics = (await Devices.FlushMetricsAsync())["balloon"]!;
        Assert.True((long)metrics["free_page_report_freed"]! >= 64 << 20, $"{metrics}");
    });

    private async Task SetBalloonAsync(int mib)
    {
        await Guest.AcceptedAsync("PATCH", "/balloon", $$"""{"amount_mib": {{mib}}}""");
        await Guest.OnDeviceAsync(
            $"balloon of {mib} MiB",
            $"until {Guest.ApiCommand("GET", "/balloon/statistics")} | tee balloon | grep -q '\"actual_mib\": *{mib}[,}}]'; do usleep 100000; done",
            s_balloonLimit);
    }

    private async Task<JsonNode> StatisticsAsync()
    {
        await Guest.OnDeviceAsync(
            "statistics",
            $"until {Guest.ApiCommand("GET", "/balloon/statistics")} | grep -q total_memory; do usleep 100000; done",
            s_balloonLimit);
        return JsonNode.Parse(await Guest.AcceptedAsync("GET", "/balloon/statistics"))!;
    }

    private async Task<long> ResidentKibAsync() => long.Parse(
        await Guest.OnDeviceAsync("resident memory", "sed -n 's/^Rss: *\\([0-9]*\\) kB/\\1/p' /proc/$(cat pid)/smaps_rollup"),
        CultureInfo.InvariantCulture);
}
