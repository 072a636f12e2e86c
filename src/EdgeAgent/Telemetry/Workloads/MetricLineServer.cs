using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Telemetry.Workloads;

/// <summary>
/// Listens where a VM's VMM connects for its guest's vsock port <see cref="Port"/>. Each line is a message as it would be posted;
/// each is answered by a line with the status of HTTP and, when it is refused, the reason.
/// </summary>
internal sealed class MetricLineServer : IAsyncDisposable
{
    /// <summary>The vsock port on the host (CID 2).</summary>
    internal const int Port = 1026;

    private const int MostConnections = 4, Backlog = 4, FirstBytes = 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ResourceName _vm;
    private readonly MetricIntake _intake;
    private readonly TimeProvider _time;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _serving;
    private int _connections;

    private MetricLineServer(ResourceName vm, Socket listener, MetricIntake intake, TimeProvider time)
    {
        (_vm, _listener, _intake, _time) = (vm, listener, intake, time);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>Listens on a path; what another start of the agent left there is removed.</summary>
    /// <exception cref="SocketException">The path cannot be listened on.</exception>
    /// <exception cref="IOException">What was there cannot be removed.</exception>
    internal static MetricLineServer Listen(ResourceName vm, string path, MetricIntake intake, TimeProvider time)
    {
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(Backlog);
            return new MetricLineServer(vm, listener, intake, time);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _serving;
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                Socket guest = await _listener.AcceptAsync(_closing.Token);
                if (Interlocked.Increment(ref _connections) <= MostConnections)
                {
                    _ = ConverseAsync(guest);
                    continue;
                }

                Interlocked.Decrement(ref _connections);
                guest.Dispose();
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(s_pause, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConverseAsync(Socket guest)
    {
        try
        {
            await using NetworkStream stream = new(guest, ownsSocket: true);
            await TakeLinesAsync(stream);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The guest went away, or does not read its answers.
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private async Task TakeLinesAsync(NetworkStream stream)
    {
        byte[] buffer = new byte[FirstBytes];
        int have = 0;
        while (true)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(have), _closing.Token);
            have += count;
            int done = 0;
            while (buffer.AsSpan(done, have - done).IndexOf((byte)'\n') is >= 0 and int length)
            {
                await TakeAsync(stream, buffer.AsMemory(done, length));
                done += length + 1;
            }

            buffer.AsSpan(done, have - done).CopyTo(buffer);
            have -= done;
            if (count == 0)
            {
                // The last line may have no end.
                await TakeAsync(stream, buffer.AsMemory(0, have));
                return;
            }

            if (have > MetricLimits.MessageBytes)
            {
                await AnswerAsync(stream, new MetricAnswer(413, $"expected lines of at most {MetricLimits.MessageBytes} bytes, found a longer one"));
                return;
            }

            if (have == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    private async ValueTask TakeAsync(NetworkStream stream, ReadOnlyMemory<byte> line)
    {
        if (!line.Span.Trim(" \t\r"u8).IsEmpty)
        {
            await AnswerAsync(stream, await _intake.TakeAsync(_vm, line, _closing.Token));
        }
    }

    private async Task AnswerAsync(NetworkStream stream, MetricAnswer answer)
    {
        using CancellationTokenSource limit = new(s_limit, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _closing.Token);
        string line = answer.Reason.Length == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{answer.Status}\n")
            : string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {answer.Reason}\n");
        await stream.WriteAsync(Encoding.UTF8.GetBytes(line), both.Token);
    }
}
