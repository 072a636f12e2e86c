using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Control;

/// <summary>The bodies of answers, field for field Firecracker's.</summary>
internal static class ApiJson
{
    // Nobody puts these answers into a web page, and people read them: no escapes but those of JSON.
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static ReadOnlyMemory<byte> Fault(string message) => Write(json => json.WriteString("fault_message", message));

    internal static ReadOnlyMemory<byte> Instance(InstanceInfo info) => Write(json =>
    {
        json.WriteString("id", info.Id);
        json.WriteString("state", info.StateName);
        json.WriteString("vmm_version", ProductVersion.Text);
        json.WriteString("app_name", "MicroVm");
    });

    internal static ReadOnlyMemory<byte> Version() => Write(json => json.WriteString("firecracker_version", ProductVersion.Text));

    internal static ReadOnlyMemory<byte> Machine(MachineConfig machine) => Write(json => WriteMachine(json, machine));

    internal static ReadOnlyMemory<byte> Balloon(BalloonConfig balloon) => Write(json => BalloonJson.WriteConfig(json, balloon));

    internal static ReadOnlyMemory<byte> BalloonReport(BalloonReport report) => Write(json => BalloonJson.WriteReport(json, report));

    internal static ReadOnlyMemory<byte> Hinting(uint hostCommand, uint? guestCommand) =>
        Write(json => BalloonJson.WriteHinting(json, hostCommand, guestCommand));

    internal static ReadOnlyMemory<byte> Config(VmConfigBuilder config) => Write(json =>
    {
        WriteSection(json, "balloon", config.Balloon, BalloonJson.WriteConfig);
        json.WriteStartArray("drives");
        foreach (DriveConfig drive in config.Drives)
        {
            json.WriteStartObject();
            WriteDrive(json, drive);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteSection(json, "boot-source", config.BootSource ?? new BootSource("", null, null), WriteBootSource);

        // Firecracker has these three in its file, and never tells them.
        json.WriteNull("cpu-config");
        json.WriteNull("logger");
        WriteSection(json, "machine-config", config.Machine, WriteMachine);
        json.WriteNull("metrics");
        WriteSection(json, "mmds-config", config.Mmds, WriteMmds);
        json.WriteStartArray("network-interfaces");
        foreach (NetworkInterfaceConfig network in config.NetworkInterfaces)
        {
            json.WriteStartObject();
            WriteNetworkInterface(json, network);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteSection(json, "vsock", config.Vsock, WriteVsock);
        WriteSection(json, "entropy", config.Entropy, static (writer, entropy) => WriteLimiter(writer, "rate_limiter", entropy.RateLimiter));
        json.WriteStartArray("pmem");
        json.WriteEndArray();
        json.WriteNull("memory-hotplug");
    });

    private static void WriteMachine(Utf8JsonWriter json, MachineConfig machine)
    {
        json.WriteNumber("vcpu_count", machine.VcpuCount);
        json.WriteNumber("mem_size_mib", machine.MemSizeMib);
        json.WriteBoolean("smt", machine.Smt);
        json.WriteBoolean("track_dirty_pages", machine.TrackDirtyPages);
        json.WriteString("huge_pages", machine.HugePages switch
        {
            HugePages.Transparent => "Transparent",
            HugePages.Huge2M => "2M",
            _ => "None",
        });
    }

    private static void WriteBootSource(Utf8JsonWriter json, BootSource source)
    {
        json.WriteString("kernel_image_path", source.KernelImagePath);
        json.WriteString("initrd_path", source.InitrdPath);
        json.WriteString("boot_args", source.BootArgs);
    }

    private static void WriteDrive(Utf8JsonWriter json, DriveConfig drive)
    {
        json.WriteString("drive_id", drive.DriveId);
        json.WriteString("partuuid", drive.PartUuid);
        json.WriteBoolean("is_root_device", drive.IsRootDevice);
        json.WriteString("cache_type", drive.CacheType == DriveCacheType.Writeback ? "Writeback" : "Unsafe");
        json.WriteBoolean("is_read_only", drive.IsReadOnly);
        json.WriteString("path_on_host", drive.PathOnHost);
        WriteLimiter(json, "rate_limiter", drive.RateLimiter);
        json.WriteString("io_engine", drive.IoEngine == DriveIoEngine.Async ? "Async" : "Sync");
        json.WriteNull("socket");
    }

    private static void WriteNetworkInterface(Utf8JsonWriter json, NetworkInterfaceConfig network)
    {
        json.WriteString("iface_id", network.IfaceId);
        json.WriteString("host_dev_name", network.HostDevName);
        json.WriteString("guest_mac", network.GuestMac?.ToString());
        if (network.Mtu is { } mtu)
        {
            json.WriteNumber("mtu", mtu);
        }
        else
        {
            json.WriteNull("mtu");
        }

        WriteLimiter(json, "rx_rate_limiter", network.RxRateLimiter);
        WriteLimiter(json, "tx_rate_limiter", network.TxRateLimiter);
    }

    /// <summary>What does not limit is null, whether it was left away or set to "no limit".</summary>
    private static void WriteLimiter(Utf8JsonWriter json, string name, RateLimiterConfig? limiter)
    {
        bool isLimit = limiter is { Bandwidth.IsLimit: true } or { Ops.IsLimit: true };
        WriteSection(json, name, isLimit ? limiter : null, static (writer, limits) =>
        {
            WriteSection(writer, "bandwidth", limits.Bandwidth is { IsLimit: true } ? limits.Bandwidth : null, WriteBucket);
            WriteSection(writer, "ops", limits.Ops is { IsLimit: true } ? limits.Ops : null, WriteBucket);
        });
    }

    private static void WriteBucket(Utf8JsonWriter json, TokenBucketConfig bucket)
    {
        json.WriteNumber("size", bucket.Size);
        if (bucket.OneTimeBurst is { } burst)
        {
            json.WriteNumber("one_time_burst", burst);
        }
        else
        {
            json.WriteNull("one_time_burst");
        }

        json.WriteNumber("refill_time", bucket.RefillTimeMs);
    }

    private static void WriteVsock(Utf8JsonWriter json, VsockConfig vsock)
    {
        json.WriteNumber("guest_cid", vsock.GuestCid);
        json.WriteString("uds_path", vsock.UdsPath);
    }

    private static void WriteMmds(Utf8JsonWriter json, MmdsConfig mmds)
    {
        json.WriteString("version", mmds.Version == MmdsVersion.V2 ? "V2" : "V1");
        json.WriteStartArray("network_interfaces");
        foreach (string id in mmds.NetworkInterfaces)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
        json.WriteString("ipv4_address", mmds.AddressText);
        json.WriteBoolean("imds_compat", mmds.ImdsCompat);
    }

    private static void WriteSection<T>(Utf8JsonWriter json, string name, T? value, Action<Utf8JsonWriter, T> write)
        where T : class
    {
        if (value is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        write(json, value);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, s_options);
        json.WriteStartObject();
        content(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
