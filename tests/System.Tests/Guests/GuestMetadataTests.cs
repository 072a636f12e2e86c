namespace MicroVm.SystemTests.Guests;

/// <summary>The metadata service as a stock kernel's TCP and busybox see it.</summary>
[Collection(GuestHostFixture.Collection)]
public sealed class GuestMetadataTests(GuestHostFixture host)
{
    private const string Service = "169.254.169.254";

    private static readonly TimeSpan s_downloadLimit = TimeSpan.FromSeconds(60);

    [Fact]
    public Task StockKernel_WithASessionToken_ReadsWhatTheHostPut() => host.AttemptAsync(async () =>
    {
        LinuxGuest guest = Assert.Single(await host.BootAsync(new GuestSpec("metadata")
        {
            Sections = """
                "network-interfaces": [{ "iface_id": "eth0", "host_dev_name": "tapmeta", "guest_mac": "06:00:ac:10:00:02" }],
                "mmds-config": { "network_interfaces": ["eth0"], "version": "V2" }
                """,
            Options = "--api-sock api.sock --metrics-path metrics",
        }));
        await guest.AcceptedAsync("PUT", "/mmds", """{"latest":{"meta-data":{"id":"i-1"}}}""");
        await guest.RunAsync($"ip link set eth0 up && ip addr add 172.16.0.2/24 dev eth0 && ip route add {Service} dev eth0");

        Assert.Contains("HTTP/1.1 401", (await guest.TryRunAsync($"wget -O - http://{Service}/latest/meta-data/id")).Output, StringComparison.Ordinal);
        string answer = await guest.RunAsync(
            $@"printf 'PUT /latest/api/token HTTP/1.1\r\nX-metadata-token-ttl-seconds: 600\r\nConnection: close\r\n\r\n' | nc {Service} 80");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        string get = $"wget -q -O - --header 'X-metadata-token: {answer[^44..]}'";
        Assert.Equal("i-1", await guest.RunAsync($"{get} http://{Service}/latest/meta-data/id"));

        // The control port's lines are short: the long text is made in the guest, and compared there.
        await guest.OnDeviceAsync("document", "printf '{\"text\":\"%s\"}' $(head -c 30000 /dev/urandom | base64 -w 0) >document");
        string sum = await guest.OnDeviceAsync("checksum", "sed 's/^{\"text\":\"//; s/\"}$//' document | tr -d '\\n' | sha256sum");
        await guest.OnDeviceAsync(
            "put",
            "{ printf 'PUT /mmds HTTP/1.1\\r\\nContent-Length: %d\\r\\nConnection: close\\r\\n\\r\\n' $(stat -c %s document); cat document; } | "
                + "PATH=$PATH:/media/tools/bin socat -t 60 - UNIX-CONNECT:api.sock | grep -q 204");
        Assert.Equal(sum, await guest.RunAsync($"{get} http://{Service}/text | sha256sum", s_downloadLimit));

        await guest.AcceptedAsync("PATCH", "/mmds", """{"text":null,"id":"i-2"}""");
        Assert.Equal("id", await guest.RunAsync($"{get} http://{Service}/"));
        Assert.Contains("refused", (await guest.TryRunAsync($"wget -O - http://{Service}:81/")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await guest.PowerOffAsync());
        string metrics = await guest.OnDeviceAsync("metrics", "tail -n 1 metrics");
        Assert.Matches("\"mmds\":{\"rx_accepted\":[1-9][0-9]*,\"rx_accepted_err\":0,", metrics);
    });
}
