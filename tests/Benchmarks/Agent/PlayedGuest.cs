using System.Net.Sockets;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.Benchmarks.Agent;

/// <summary>A guest as the agent meets it: the init's end of the channel, which says what an init says of a quiet workload.</summary>
internal sealed class PlayedGuest : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _sending = new(1);
    private ulong _lines;

    /// <summary>Connects, takes the configuration, says that the workload runs; from then on samples come as from an init.</summary>
    internal static async Task<PlayedGuest> BootAsync(string channel, TimeSpan limit)
    {
        PlayedGuest guest = new();
        using CancellationTokenSource late = new(limit);
        while (!File.Exists(channel))
        {
            await Task.Delay(20, late.Token);
        }

        await guest._socket.ConnectAsync(new UnixDomainSocketEndPoint(channel), late.Token);
        await guest.SendAsync(new GuestHello(GuestHello.CurrentProtocolVersion, "bench", GuestState.AwaitingConfig));
        while (await guest.ReceiveAsync(late.Token) is not GuestConfig)
        {
        }

        await guest.SendAsync(new GuestStarted(2));
        _ = guest.ListenAsync();
        _ = guest.ReportAsync();
        return guest;
    }

    /// <summary>The workload writes a line.</summary>
    internal Task WriteLineAsync(string text) => SendAsync(new GuestLogLine(++_lines, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000, LogStream.Stdout, text));

    public void Dispose()
    {
        _stopping.Cancel();
        _socket.Dispose();
        _stopping.Dispose();
        _sending.Dispose();
    }

    private async Task ReportAsync()
    {
        try
        {
            for (ulong load = 0; ; load++)
            {
                await SendAsync(new GuestMetrics(60 << 20, (40 << 20) + (load % 16 << 12), (int)(load % 100), 0, 0, 0));
                await Task.Delay(TimeSpan.FromSeconds(GuestMetrics.PeriodSeconds), _stopping.Token);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await ReceiveAsync(_stopping.Token) is not null)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task SendAsync(GuestMessage message)
    {
        await _sending.WaitAsync(_stopping.Token);
        try
        {
            await _socket.SendAsync(GuestChannel.Frame(message));
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task<GuestMessage?> ReceiveAsync(CancellationToken cancellation)
    {
        byte[] header = new byte[GuestChannel.HeaderBytes];
        if (!await FillAsync(header, cancellation))
        {
            return null;
        }

        byte[] body = new byte[GuestChannel.ReadLength(header)];
        return await FillAsync(body, cancellation) ? GuestMessage.Decode(body) : null;
    }

    private async Task<bool> FillAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (!buffer.IsEmpty)
        {
            int count = await _socket.ReceiveAsync(buffer, cancellation);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
        }

        return true;
    }
}
