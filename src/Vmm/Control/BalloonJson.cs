using System.Text.Json;

namespace MicroVm.Vmm.Control;

/// <summary>The balloon in answers, field for field Firecracker's.</summary>
internal static class BalloonJson
{
    private const uint PagesPerMib = 256;

    // By tag; virtio 1.2 section 5.5.6.4 and linux/virtio_balloon.h.
    private static readonly string[] s_statistics =
    [
        "swap_in", "swap_out", "major_faults", "minor_faults", "free_memory", "total_memory", "available_memory", "disk_caches",
        "hugetlb_allocations", "hugetlb_failures", "oom_kill", "alloc_stall", "async_scan", "direct_scan", "async_reclaim", "direct_reclaim",
    ];

    internal static void WriteConfig(Utf8JsonWriter json, BalloonConfig config)
    {
        json.WriteNumber("amount_mib", config.AmountMib);
        json.WriteBoolean("deflate_on_oom", config.DeflateOnOom);
        json.WriteNumber("stats_polling_interval_s", config.StatsPollingIntervalSeconds);
        json.WriteBoolean("free_page_hinting", config.FreePageHinting);
        json.WriteBoolean("free_page_reporting", config.FreePageReporting);
    }

    internal static void WriteHinting(Utf8JsonWriter json, uint hostCommand, uint? guestCommand)
    {
        json.WriteNumber("host_cmd", hostCommand);
        if (guestCommand is { } command)
        {
            json.WriteNumber("guest_cmd", command);
        }
        else
        {
            json.WriteNull("guest_cmd");
        }
    }

    internal static void WriteReport(Utf8JsonWriter json, BalloonReport report)
    {
        json.WriteNumber("target_pages", report.TargetPages);
        json.WriteNumber("actual_pages", report.ActualPages);
        json.WriteNumber("target_mib", report.TargetPages / PagesPerMib);
        json.WriteNumber("actual_mib", report.ActualPages / PagesPerMib);
        for (int tag = 0; tag < s_statistics.Length; tag++)
        {
            if (report.Statistics[tag] is { } value)
            {
                json.WriteNumber(s_statistics[tag], value);
            }
        }
    }
}
