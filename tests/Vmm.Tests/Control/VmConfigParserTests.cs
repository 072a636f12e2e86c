using System.Text;
using CsCheck;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Control;

public sealed class VmConfigParserTests
{
    private const string Boot = """ "boot-source": {"kernel_image_path": "/k"} """;
    private const string Drive = """ "drive_id": "a", "path_on_host": "/d", "is_root_device": false """;

    private static VmConfig Parse(string json) => VmConfigParser.Parse(Encoding.UTF8.GetBytes(json));

    private static VmConfigException Refused(string json) => Assert.Throws<VmConfigException>(() => Parse(json));

    [Fact]
    public void Parse_EverySection_GivesTheConfiguration()
    {
        VmConfig config = Parse("""
            {
              "boot-source": {"kernel_image_path": "/boot/vmlinuz", "initrd_path": "/boot/initrd", "boot_args": "console=ttyS0"},
              "drives": [
                {"drive_id": "rootfs", "path_on_host": "/r.img", "is_root_device": true, "is_read_only": true, "partuuid": "ab-01",
                 "cache_type": "Writeback", "io_engine": "Sync", "rate_limiter": null, "socket": null},
                {"drive_id": "data_1", "path_on_host": "/d.img", "is_root_device": false,
                 "rate_limiter": {"ops": {"size": 5, "one_time_burst": null, "refill_time": 6}}}
              ],
              "machine-config": {"vcpu_count": 2, "mem_size_mib": 256, "smt": false, "track_dirty_pages": false, "huge_pages": "None", "cpu_template": null},
              "vsock": {"guest_cid": 3, "uds_path": "/v.sock"},
              "entropy": {"rate_limiter": {"bandwidth": {"size": 10, "refill_time": 100}}},
              "serial": {"serial_out_path": "/serial", "rate_limiter": {"size": 7, "one_time_burst": 8, "refill_time": 9}},
              "logger": {"log_path": "/log", "level": "warn", "show_level": true, "show_log_origin": false},
              "balloon": {"amount_mib": 16, "deflate_on_oom": true, "stats_polling_interval_s": 5, "free_page_hinting": false, "free_page_reporting": true},
              "network-interfaces": [{"iface_id": "eth0", "host_dev_name": "tap0", "guest_mac": "06:00:AC:10:00:02", "mtu": 9000,
                "rx_rate_limiter": {"bandwidth": null, "ops": {"size": 1, "one_time_burst": 2, "refill_time": 3}}, "tx_rate_limiter": null}],
              "mmds-config": null, "metrics": null, "cpu-config": null
            }
            """);
        Assert.Equal(new BootSource("/boot/vmlinuz", "/boot/initrd", "console=ttyS0"), config.BootSource);
        Assert.Equal(new MachineConfig { VcpuCount = 2, MemSizeMib = 256 }, config.Machine);
        Assert.Equal(
            [
                new DriveConfig("rootfs", "/r.img", true, true, "ab-01", DriveCacheType.Writeback),
                new DriveConfig("data_1", "/d.img", false, false) { RateLimiter = new(null, new TokenBucketConfig(5, null, 6)) },
            ],
            config.Drives);
        Assert.Equal(new VsockConfig(3, "/v.sock"), config.Vsock);
        Assert.Equal(new EntropyConfig(new RateLimiterConfig(new TokenBucketConfig(10, null, 100), null)), config.Entropy);
        Assert.Equal(
            [new NetworkInterfaceConfig("eth0", "tap0", new MacAddress(0x0600_ac10_0002), 9000, new RateLimiterConfig(null, new TokenBucketConfig(1, 2, 3)))],
            config.NetworkInterfaces);
        Assert.Equal(new BalloonConfig(16, true, 5, true), config.Balloon);
        Assert.Equal(new SerialConfig("/serial", new TokenBucketConfig(7, 8, 9)), config.Serial);
        Assert.Equal(new LoggerConfig("/log", LogLevel.Warning, true, false), config.Logger);
    }

    [Fact]
    public void Parse_OnlyABootSource_HasDefaultsAndNoDevices()
    {
        VmConfig config = Parse($"{{{Boot}}}");
        Assert.Equal(new MachineConfig { VcpuCount = 1, MemSizeMib = 128 }, config.Machine);
        Assert.Empty(config.Drives);
        Assert.Null(config.Vsock);
    }

    [Theory]
    [InlineData("""{"vcpu_count": 0, "mem_size_mib": 1}""", "machine-config.vcpu_count", "1 to 32", "0")]
    [InlineData("""{"vcpu_count": 33, "mem_size_mib": 1}""", "machine-config.vcpu_count", "1 to 32", "33")]
    [InlineData("""{"vcpu_count": "1", "mem_size_mib": 1}""", "machine-config.vcpu_count", "whole number", "\"1\"")]
    [InlineData("""{"vcpu_count": 1.5, "mem_size_mib": 1}""", "machine-config.vcpu_count", "whole number", "1.5")]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 99999999999999999999}""", "machine-config.mem_size_mib", "whole number", "9999")]
    [InlineData("""{"vcpu_count": 1}""", "machine-config.mem_size_mib", "the field", "nothing")]
    [InlineData("""{"vcpu_count": 3, "mem_size_mib": 1, "smt": true}""", "machine-config.vcpu_count", "even number with smt", "3")]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 3, "huge_pages": "2M"}""", "machine-config.mem_size_mib", "even number", "3")]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 1, "track_dirty_pages": "yes"}""", "machine-config.track_dirty_pages", "true or false", "yes")]
    [InlineData("""{"vcpu_count": 1, "mem_size_mib": 1, "huge_pages": "1G"}""", "machine-config.huge_pages", "None, Transparent, 2M", "\"1G\"")]
    [InlineData("""{"vcpu_count": 1, "vcpu_count": 1}""", "machine-config.vcpu_count", "once", "twice")]
    [InlineData("""{"vcpus": 1}""", "machine-config", "only the fields", "unknown field `vcpus`")]
    [InlineData("""[]""", "machine-config", "an object", "an array")]
    public void Parse_BadMachineConfig_NamesFieldExpectedAndFound(string section, string path, string expected, string found)
    {
        VmConfigException fault = Refused($"{{{Boot}, \"machine-config\": {section}}}");
        Assert.Equal(path, fault.Path);
        Assert.Contains(expected, fault.Expected, StringComparison.Ordinal);
        Assert.Contains(found, fault.Found, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData($$"""[{ {{Drive}}, "rate_limiter": {"iops": 1 } }]""", "drives[0].rate_limiter")]
    [InlineData($$"""[{ {{Drive}}, "io_engine": "Later" }]""", "drives[0].io_engine")]
    [InlineData($$"""[{ {{Drive}}, "cache_type": "writeback" }]""", "drives[0].cache_type")]
    [InlineData($$"""[{ {{Drive}} }, { {{Drive}} }]""", "drives[1].drive_id")]
    [InlineData($$"""[{ {{Drive}} }, { "drive_id": "b/c" }]""", "drives[1].drive_id")]
    [InlineData("""[{"drive_id": "a", "path_on_host": "/d"}]""", "drives[0].is_root_device")]
    [InlineData("""[{"drive_id": "a", "is_root_device": true}]""", "drives[0].path_on_host")]
    [InlineData("""[{"drive_id": "a", "path_on_host": "a\u0000b", "is_root_device": true}]""", "drives[0].path_on_host")]
    [InlineData("""[{"drive_id": "a", "path_on_host": "", "is_root_device": true}]""", "drives[0].path_on_host")]
    [InlineData("""[{"drive_id":"a","path_on_host":"/d","is_root_device":true},{"drive_id":"b","path_on_host":"/e","is_root_device":true}]""", "drives[1].is_root_device")]
    [InlineData("""{}""", "drives")]
    [InlineData("""[1]""", "drives[0]")]
    public void Parse_BadDrive_NamesField(string drives, string path) =>
        Assert.Equal(path, Refused($"{{{Boot}, \"drives\": {drives}}}").Path);

    [Theory]
    [InlineData("""{"guest_cid": 2, "uds_path": "/v"}""", "vsock.guest_cid")]
    [InlineData("""{"guest_cid": 4294967295, "uds_path": "/v"}""", "vsock.guest_cid")]
    [InlineData("""{"guest_cid": 3}""", "vsock.uds_path")]
    [InlineData("""{"guest_cid": 3, "uds_path": "/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}""", "vsock.uds_path")]
    public void Parse_BadVsock_NamesField(string section, string path) =>
        Assert.Equal(path, Refused($"{{{Boot}, \"vsock\": {section}}}").Path);

    [Theory]
    [InlineData("""{}""", "balloon.amount_mib")]
    [InlineData("""{"amount_mib": 1}""", "balloon.deflate_on_oom")]
    [InlineData("""{"amount_mib": -1, "deflate_on_oom": true}""", "balloon.amount_mib")]
    [InlineData("""{"amount_mib": 129, "deflate_on_oom": true}""", "balloon.amount_mib")]
    [InlineData("""{"amount_mib": 1, "deflate_on_oom": true, "stats_polling_interval_s": 65536}""", "balloon.stats_polling_interval_s")]
    [InlineData("""{"amount_mib": 1, "deflate_on_oom": true, "free_page_hinting": 1}""", "balloon.free_page_hinting")]
    public void Parse_BadBalloon_NamesField(string section, string path) =>
        Assert.Equal(path, Refused($"{{{Boot}, \"balloon\": {section}}}").Path);

    [Theory]
    [InlineData("""{"rate_limiter": {"bandwidth": {"size": 1, "refill_time": 1}}}""", "serial.rate_limiter")]
    [InlineData("""{"rate_limiter": {"size": 1}}""", "serial.rate_limiter.refill_time")]
    [InlineData("""{"path": "/s"}""", "serial")]
    public void Parse_BadSerial_NamesField(string section, string path) =>
        Assert.Equal(path, Refused($"{{{Boot}, \"serial\": {section}}}").Path);

    [Theory]
    [InlineData("""[{"iface_id": "eth0"}]""", "network-interfaces[0].host_dev_name")]
    [InlineData("""[{"host_dev_name": "tap0"}]""", "network-interfaces[0].iface_id")]
    [InlineData("""[{"iface_id": "e-0", "host_dev_name": "tap0"}]""", "network-interfaces[0].iface_id")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "sixteen_bytes_16"}]""", "network-interfaces[0].host_dev_name")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "guest_mac": "06:00:ac:10:00"}]""", "network-interfaces[0].guest_mac")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "guest_mac": "06-00-ac-10-00-02"}]""", "network-interfaces[0].guest_mac")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "guest_mac": "06:00:ac:10:00: 2"}]""", "network-interfaces[0].guest_mac")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "mtu": 67}]""", "network-interfaces[0].mtu")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "mtu": 65536}]""", "network-interfaces[0].mtu")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "rx_rate_limiter": {"bandwidth": {"size": 1}}}]""", "network-interfaces[0].rx_rate_limiter.bandwidth.refill_time")]
    [InlineData("""[{"iface_id": "eth0", "host_dev_name": "t", "tx_rate_limiter": {"ops": {"size": -1, "refill_time": 1}}}]""", "network-interfaces[0].tx_rate_limiter.ops.size")]
    [InlineData("""[{"iface_id": "a", "host_dev_name": "t"}, {"iface_id": "a", "host_dev_name": "u"}]""", "network-interfaces[1].iface_id")]
    [InlineData("""[{"iface_id": "a", "host_dev_name": "t", "guest_mac": "06:00:00:00:00:01"}, {"iface_id": "b", "host_dev_name": "u", "guest_mac": "06:00:00:00:00:01"}]""", "network-interfaces[1].guest_mac")]
    public void Parse_BadNetworkInterface_NamesField(string section, string path) =>
        Assert.Equal(path, Refused($"{{{Boot}, \"network-interfaces\": {section}}}").Path);

    [Theory]
    [InlineData("""{"kvm_capabilities": ["1"]}""")]
    [InlineData("\"/template.json\"")]
    public void Parse_CpuTemplate_InPlaceOrInItsFile_WinsOverMachineConfig(string section)
    {
        string json = $$"""{ {{Boot}}, "cpu-config": {{section}}, "machine-config": {"vcpu_count": 1, "mem_size_mib": 64, "cpu_template": "None"} }""";
        VmConfig config = VmConfigParser.Parse(
            Encoding.UTF8.GetBytes(json),
            path => path == "/template.json" ? """{"kvm_capabilities": ["1"]}"""u8.ToArray() : []);
        Assert.Equal(1u, Assert.Single(config.Machine.CpuTemplate!.Capabilities).Number);
        Assert.Equal(64, config.Machine.MemSizeMib);
    }

    [Fact]
    public void Parse_MmdsConfig_MayNameInterfacesThatFollow()
    {
        VmConfig config = VmConfigParser.Parse(Encoding.UTF8.GetBytes($$"""
            { {{Boot}}, "mmds-config": {"network_interfaces": ["b", "a", "b"], "version": "V2", "ipv4_address": "169.254.170.2", "imds_compat": true},
              "network-interfaces": [{"iface_id": "a", "host_dev_name": "t"}, {"iface_id": "b", "host_dev_name": "u"}], "pmem": [], "memory-hotplug": null }
            """));
        Assert.Equal(["b", "a"], config.Mmds!.NetworkInterfaces);
        Assert.Equal((MmdsVersion.V2, 0xa9feaa02, "169.254.170.2", true), (config.Mmds.Version, config.Mmds.Address, config.Mmds.AddressText, config.Mmds.ImdsCompat));
    }

    [Theory]
    [InlineData("{}", "mmds-config.network_interfaces")]
    [InlineData("""{"network_interfaces": "a"}""", "mmds-config.network_interfaces")]
    [InlineData("""{"network_interfaces": [1]}""", "mmds-config.network_interfaces[0]")]
    [InlineData("""{"network_interfaces": ["a"], "version": "V3"}""", "mmds-config.version")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1.256"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.01.6"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": ""}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1."}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254..1"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1.1.1"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1.x"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.1.9999999999"}""", "mmds-config.ipv4_address")]
    [InlineData("""{"network_interfaces": ["a"], "imds_compat": null}""", "mmds-config.imds_compat")]
    [InlineData("""{"network_interfaces": ["b"]}""", "mmds-config")]
    [InlineData("""{"network_interfaces": []}""", "mmds-config")]
    [InlineData("""{"network_interfaces": ["a"], "ipv4_address": "169.254.255.1"}""", "mmds-config")]
    public void Parse_BadMmdsConfig_NamesField(string section, string path) => Assert.Equal(
        path,
        Refused($$"""{ {{Boot}}, "mmds-config": {{section}}, "network-interfaces": [{"iface_id": "a", "host_dev_name": "t"}] }""").Path);

    [Theory]
    [InlineData("pmem", """[{"id": "a"}]""")]
    [InlineData("memory-hotplug", "{}")]
    public void Parse_WhatIsNotSupported_SaysSo(string section, string value)
    {
        VmConfigException fault = Refused($"{{{Boot}, \"{section}\": {value}}}");
        Assert.Equal(section, fault.Path);
        Assert.Contains("not supported", fault.Expected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "configuration")]
    [InlineData("{", "configuration")]
    [InlineData("[]", "configuration")]
    [InlineData("{}", "boot-source")]
    [InlineData("""{"boot-source": {"kernel_image_path": "/k"}} x""", "configuration")]
    [InlineData("""{"boot-source": {"kernel_image_path": "/k",}}""", "boot-source")]
    [InlineData("""{"boot-source": {"kernel_image_path": {"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}""", "boot-source.kernel_image_path")]
    [InlineData("""{"boot_source": {}}""", "configuration")]
    public void Parse_NoConfiguration_IsOneLine(string json, string path)
    {
        VmConfigException fault = Refused(json);
        Assert.Equal(path, fault.Path);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void Parse_BytesThatAreNoUtf8_IsRefused() =>
        Assert.Throws<VmConfigException>(() => VmConfigParser.Parse(
            [.. "{\"boot-source\": {\"kernel_image_path\": \""u8, 0xff, 0xfe, .. "\"}}"u8]));

    /// <summary>Half a surrogate pair is valid JSON and no text: in a name, in a string, and where one of a few strings is expected.</summary>
    [Theory]
    [InlineData("""{"a\ud800": 1}""", "configuration")]
    [InlineData("""{"boot-source": {"kernel_image_path\udc00": "/k"}}""", "boot-source")]
    [InlineData("""{"boot-source": {"kernel_image_path": "/k\ud800"}}""", "boot-source.kernel_image_path")]
    [InlineData("""{"boot-source": {"kernel_image_path": "/k"}, "machine-config": {"huge_pages": "\ud800"}}""", "machine-config.huge_pages")]
    [InlineData("""{"boot-source": {"kernel_image_path": "/k"}, "machine-config": {"cpu_template": "\ud800"}}""", "machine-config.cpu_template")]
    public void Parse_HalfASurrogatePair_IsRefused(string json, string path) =>
        Assert.Equal(path, Refused(json).Path);

    [Fact]
    public void Parse_DamagedDocuments_ThrowNothingElse()
    {
        byte[] whole = Encoding.UTF8.GetBytes($"{{{Boot}, \"drives\": [{{{Drive}}}], \"vsock\": {{\"guest_cid\": 3, \"uds_path\": \"/v\"}}}}");
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length], Gen.Byte.Array[0, 8]).Sample(
            (at, value, length, tail) =>
            {
                byte[] damaged = [.. whole.AsSpan(0, length), .. tail];
                if (at < damaged.Length)
                {
                    damaged[at] = value;
                }

                try
                {
                    return VmConfigParser.Parse(damaged).BootSource.KernelImagePath.Length > 0;
                }
                catch (VmConfigException fault)
                {
                    return fault.Message.Length > 0;
                }
            },
            iter: 5_000);
    }
}
