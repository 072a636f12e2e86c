using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroVm.EdgeAgent.Vms.Control;

/// <summary>
/// The VMM's control API (src/Vmm/docs/api.md), as far as the agent needs it: one request a connection, with limits of time and
/// size. A VMM that was started without a socket, or is gone, is an <see cref="IOException"/> like any other.
/// </summary>
internal sealed class VmmApi(TimeProvider time)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(3);

    /// <summary>What the balloon and the guest's memory are.</summary>
    /// <param name="socket">The VMM's API socket.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The VMM does not answer, or not with that.</exception>
    internal async Task<BalloonReading> ReadBalloonAsync(string socket, CancellationToken cancellation)
    {
        VmmAnswer answer = await AskAsync(socket, "GET /balloon/statistics HTTP/1.1\r\nHost: vmm\r\nAccept: application/json\r\n\r\n", cancellation);
        return VmmAnswerReader.Balloon(answer.Body) ?? throw new IOException("its VMM answered with another document than a balloon's statistics");
    }

    /// <summary>Asks the guest to give up so much, or to take back what is beyond it; returns before it has.</summary>
    /// <param name="socket">The VMM's API socket.</param>
    /// <param name="amountMib">What the balloon is to hold.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The VMM does not take it.</exception>
    internal async Task SetBalloonAsync(string socket, int amountMib, CancellationToken cancellation)
    {
        string body = $$"""{"amount_mib":{{amountMib.ToString(CultureInfo.InvariantCulture)}}}""";
        await AskAsync(
            socket, $"PATCH /balloon HTTP/1.1\r\nHost: vmm\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}", cancellation);
    }

    private async Task<VmmAnswer> AskAsync(string socket, string request, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = new(s_limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), either.Token);
            await connection.SendAsync(Encoding.ASCII.GetBytes(request), either.Token);
            VmmAnswer answer = await ReadAsync(connection, either.Token);
            return answer.Status is 200 or 204
                ? answer
                : throw new IOException($"its VMM refused ({answer.Status}): {VmmAnswerReader.Fault(answer.Body)}");
        }
        catch (OperationCanceledException e)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new IOException($"its VMM did not answer within {s_limit.TotalSeconds:0} s", e);
        }
        catch (SocketException e)
        {
            throw new IOException($"its VMM cannot be reached: {e.Message}", e);
        }
    }

    private static async Task<VmmAnswer> ReadAsync(Socket connection, CancellationToken cancellation)
    {
        byte[] buffer = new byte[VmmAnswerReader.MaxBytes];
        for (int have = 0; ;)
        {
            int count = have < buffer.Length ? await connection.ReceiveAsync(buffer.AsMemory(have), cancellation) : 0;
            have += count;
            if (VmmAnswerReader.TryRead(buffer.AsMemory(0, have)) is VmmAnswer answer)
            {
                return answer;
            }

            if (count == 0)
            {
                throw new IOException($"its VMM gave no whole answer of at most {buffer.Length} bytes");
            }
        }
    }
}
