using System.Text;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>Documents to damage, and what to damage them with.</summary>
internal static class JsonInputs
{
    /// <summary>A configuration with every section.</summary>
    internal static readonly byte[] WholeConfig = """
        {
          "boot-source": {"kernel_image_path": "/k", "initrd_path": "/i", "boot_args": "quiet"},
          "drives": [{"drive_id": "r", "path_on_host": "/r", "is_root_device": true, "is_read_only": true, "partuuid": "ab-01", "cache_type": "Writeback",
            "io_engine": "Async", "rate_limiter": {"bandwidth": {"size": 1, "refill_time": 2}, "ops": {"size": 5, "one_time_burst": null, "refill_time": 6}}}],
          "machine-config": {"vcpu_count": 2, "mem_size_mib": 256, "smt": false, "track_dirty_pages": false, "huge_pages": "None"},
          "vsock": {"guest_cid": 3, "uds_path": "/v"},
          "entropy": {"rate_limiter": {"bandwidth": {"size": 10, "refill_time": 100}}},
          "serial": {"serial_out_path": "/s"},
          "logger": {"log_path": "/l", "level": "warn", "show_level": true, "show_log_origin": false},
          "balloon": {"amount_mib": 16, "deflate_on_oom": true, "stats_polling_interval_s": 5, "free_page_hinting": true, "free_page_reporting": true},
          "cpu-config": {"kvm_capabilities": ["!56"], "msr_modifiers": [{"addr": "0x10a", "bitmap": "0b1x_0"}],
            "cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0b1", "flags": 1, "modifiers": [{"register": "ecx", "bitmap": "0b1x"}]}]},
          "network-interfaces": [{"iface_id": "e", "host_dev_name": "t", "guest_mac": "06:00:AC:10:00:02", "mtu": 1500}]
        }
        """u8.ToArray();

    /// <summary>Bodies of requests with the endpoint each is for.</summary>
    internal static readonly (string Target, string Body)[] Requests =
    [
        ("/boot-source", """{"kernel_image_path": "/k", "initrd_path": "/i", "boot_args": "quiet"}"""),
        ("/drives/r", """{"drive_id": "r", "path_on_host": "/r", "is_root_device": true, "rate_limiter": {"ops": {"size": 5, "refill_time": 6}}}"""),
        ("/machine-config", """{"vcpu_count": 2, "mem_size_mib": 256, "smt": false, "huge_pages": "2M"}"""),
        ("/network-interfaces/e", """{"iface_id": "e", "host_dev_name": "t", "guest_mac": "06:00:AC:10:00:02"}"""),
        ("/vsock", """{"guest_cid": 3, "uds_path": "/v"}"""),
        ("/entropy", """{"rate_limiter": {"bandwidth": {"size": 10, "refill_time": 100}}}"""),
        ("/balloon", """{"amount_mib": 16, "deflate_on_oom": true, "stats_polling_interval_s": 5}"""),
        ("/balloon/statistics", """{"stats_polling_interval_s": 5}"""),
        ("/balloon/hinting/start", """{"acknowledge_on_stop": true}"""),
        ("/balloon/hinting/stop", ""),
        ("/cpu-config", """{"cpuid_modifiers": [{"leaf": "0x1", "subleaf": "0", "flags": 1, "modifiers": [{"register": "ecx", "bitmap": "0b1x"}]}]}"""),
        ("/serial", """{"serial_out_path": "/s", "rate_limiter": {"size": 1, "refill_time": 2}}"""),
        ("/metrics", """{"metrics_path": "/m"}"""),
        ("/mmds", """{"latest": {"meta-data": {"id": "a\u00e9\n", "n": 5.0, "list": ["x", null, {"b": {}, "a": []}]}, "z": "", "y": 1}}"""),
        ("/mmds/config", """{"network_interfaces": ["e"], "version": "V2", "ipv4_address": "169.254.169.254", "imds_compat": true}"""),
        ("/actions", """{"action_type": "FlushMetrics"}"""),
        ("/vm", """{"state": "Paused"}"""),
    ];

    /// <summary>What a JSON reader may stumble over.</summary>
    internal static readonly byte[][] Tokens = [.. new[]
    {
        "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u0000", "\\ud800", "null", "true", "-1", "1e999", "0.5", "18446744073709551616", "\n", "\0",
        new string('[', 200), new string('{', 70), "{\"a\":", "\"drive_id\":", "\"amount_mib\":", "\u00ff",
    }.Select(Encoding.Latin1.GetBytes)];
}
