using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace MicroVm.EdgeAgent.Tests.TestDoubles;

/// <summary>A VMM's API with nothing but a balloon behind it, whose guest does at once what it is asked.</summary>
internal sealed partial class FakeVmmApi : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _serving;

    internal FakeVmmApi(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _serving = ServeAsync();
    }

    /// <summary>What the guest was asked to give up.</summary>
    internal int TargetMib { get; set; }

    /// <summary>What it keeps for itself nevertheless.</summary>
    internal int StubbornMib { get; set; }

    /// <summary>What it could still use.</summary>
    internal int AvailableMib { get; set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [GeneratedRegex("""amount_mib":([0-9]+)""")]
    private static partial Regex Amount();

    private async Task ServeAsync()
    {
        byte[] buffer = new byte[1000];
        while (true)
        {
            using Socket client = await _listener.AcceptAsync();
            string request = Encoding.ASCII.GetString(buffer, 0, await client.ReceiveAsync(buffer));
            if (Amount().Match(request) is { Success: true } match)
            {
                TargetMib = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
                await client.SendAsync("HTTP/1.1 204 \r\n\r\n"u8.ToArray());
                continue;
            }

            string body = $$"""{"target_mib":{{TargetMib}},"actual_mib":{{Math.Max(0, TargetMib - StubbornMib)}},"available_memory":{{(long)AvailableMib << 20}}}""";
            await client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 \r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        }
    }
}
