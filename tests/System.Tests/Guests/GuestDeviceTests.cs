using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroVm.SystemTests.Guests;

/// <summary>What a stock kernel makes of clock, CPU template, hinting and crash notice.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestDeviceTests(GuestHostFixture host)
{
    private const long ClockToleranceSeconds = 60;
    private const int GuestCrashed = 33;
    private const int MostAsked = 30;

    [Fact]
    public Task StockKernel_TellsTimeObeysItsTemplateHintsAndSaysThatItPanicked() => host.AttemptAsync(async () =>
    {
        LinuxGuest guest = Assert.Single(await host.BootAsync(new GuestSpec("devices")
        {
            Sections = """
                "balloon": { "amount_mib": 0, "deflate_on_oom": false, "free_page_hinting": true },
                "cpu-config": { "cpuid_modifiers": [
                  { "leaf": "0x1", "subleaf": "0x0", "flags": 0, "modifiers": [{ "register": "ecx", "bitmap": "0bx0xx_xxxx_xxxx_xxxx_xxxx_xxxx_xxxx_xxxx" }] }
                ] }
                """,
            Options = "--api-sock api.sock --metrics-path metrics",
        }));

        long before = await SecondsAsync(host.RunAsync("date +%s"));
        Assert.InRange(await SecondsAsync(guest.RunAsync("date +%s")), before - ClockToleranceSeconds, before + ClockToleranceSeconds);
        Assert.Equal("", await guest.RunAsync("dmesg | grep -i -E 'rtc|cmos' || true"));

        Assert.NotEqual("0", await host.RunAsync("grep -c -w rdrand /proc/cpuinfo"));
        Assert.Equal("0", await guest.RunAsync("grep -c -w rdrand /proc/cpuinfo || true"));

        await guest.AcceptedAsync("PATCH", "/balloon/hinting/start");
        await AwaitEndOfHintingAsync(guest);
        await guest.AcceptedAsync("PUT", "/actions", """{"action_type":"FlushMetrics"}""");
        Assert.Matches(new Regex("\"free_page_hint_freed\":[1-9]"), await guest.OnDeviceAsync("metrics", "cat metrics"));

        Assert.Equal(GuestCrashed, await guest.EndByAsync("echo c >/proc/sysrq-trigger"));
        string log = await guest.OnDeviceAsync("log", "cat vmm.log");
        Assert.Contains("guest panicked, then: guest reset", log, StringComparison.Ordinal);
    });

    /// <summary>The run acknowledges itself; each question takes longer than the run.</summary>
    private static async Task AwaitEndOfHintingAsync(LinuxGuest guest)
    {
        string status = "";
        for (int asked = 0; asked < MostAsked && status != """{"host_cmd":1,"guest_cmd":0}"""; asked++)
        {
            status = await guest.AcceptedAsync("GET", "/balloon/hinting/status");
        }

        Assert.Equal("""{"host_cmd":1,"guest_cmd":0}""", status);
    }

    private static async Task<long> SecondsAsync(Task<string> text) => long.Parse(await text, CultureInfo.InvariantCulture);
}
