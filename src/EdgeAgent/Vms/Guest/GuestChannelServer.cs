using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Store;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Faults;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Vms.Guest;

/// <summary>
/// Listens where a VM's VMM connects for its guest. A guest has one connection: a new one takes the place of the one
/// before, so a guest cannot pile them up.
/// </summary>
internal sealed class GuestChannelServer : IAsyncDisposable
{
    private const int Backlog = 4;
    private static readonly TimeSpan s_drainLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_acceptPause = TimeSpan.FromSeconds(1);

    private readonly ResourceName _vm;
    private readonly IGuestHandler _handler;
    private readonly AgentCounters _counters;
    private readonly ILogger _logger;
    private readonly string _path;
    private readonly Task _accepting;
    private readonly CancellationTokenSource _closing = new();
    private Socket? _listener;
    private volatile GuestConnection? _current;
    private Task _reading = Task.CompletedTask;

    private GuestChannelServer(ResourceName vm, string path, Socket? listener, IGuestHandler handler, AgentCounters counters, ILogger logger)
    {
        _vm = vm;
        _path = path;
        _listener = listener;
        _handler = handler;
        _counters = counters;
        _logger = logger;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Listens on a path; what another start of the agent left there is removed.</summary>
    /// <exception cref="SocketException">The path cannot be listened on.</exception>
    /// <exception cref="IOException">Its directory cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Its directory may not be written to.</exception>
    internal static GuestChannelServer Listen(
        ResourceName vm, string path, IGuestHandler handler, AgentCounters counters, ILogger logger) =>
        new(vm, path, Bind(path), handler, counters, logger);

    /// <summary>Listens on a path as soon as it can be listened on: a guest that runs already connects then.</summary>
    internal static GuestChannelServer ListenWhenPossible(
        ResourceName vm, string path, IGuestHandler handler, AgentCounters counters, ILogger logger)
    {
        Socket? listener = null;
        try
        {
            listener = Bind(path);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            Log.GuestUnheard(logger, vm.Value, path, e.Message);
        }

        return new GuestChannelServer(vm, path, listener, handler, counters, logger);
    }

    private static Socket Bind(string path)
    {
        FaultPoints.Before(FaultPoint.GuestSocket);
        // Somebody may have cleaned the run directory while no agent ran; the VMM connects by path, so it finds the new socket.
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(Backlog);
            FaultPoints.After(FaultPoint.GuestSocket);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Sends a message on the guest's connection; false when there is none.</summary>
    internal bool TrySend(GuestMessage message) => _current?.TrySend(message) ?? false;

    /// <summary>After the VMM has ended: reads what the guest had written, to its end, then closes.</summary>
    internal async Task DrainAsync(TimeProvider time)
    {
        await StopAcceptingAsync();
        try
        {
            await _reading.WaitAsync(s_drainLimit, time);
        }
        catch (TimeoutException)
        {
            Log.GuestDisconnected(_logger, _vm.Value, "its last lines could not be kept in time");
        }

        await DisposeAsync();
    }

    /// <summary>Closes; the guest connects again when somebody listens again.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAcceptingAsync();
        if (_current is GuestConnection connection)
        {
            await connection.DisposeAsync();
        }

        await _reading;
    }

    private async Task StopAcceptingAsync()
    {
        await _closing.CancelAsync();
        await _accepting;
        _listener?.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (_listener is null)
        {
            await Task.Delay(s_acceptPause, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closing.IsCancellationRequested)
            {
                return;
            }

            TryBindAgain();
        }

        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await ReplaceAsync(await _listener.AcceptAsync(_closing.Token));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException e)
            {
                Log.GuestDisconnected(_logger, _vm.Value, e.Message);
                await Task.Delay(s_acceptPause, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // Connections that wait in the backlog are still taken: a guest may have said its last words in one.
        try
        {
            while (_listener.Poll(0, SelectMode.SelectRead))
            {
                await ReplaceAsync(_listener.Accept());
            }
        }
        catch (SocketException e)
        {
            Log.GuestDisconnected(_logger, _vm.Value, e.Message);
        }
    }

    private void TryBindAgain()
    {
        try
        {
            _listener = Bind(_path);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            // Said once; the next try is soon.
        }
    }

    private async Task ReplaceAsync(Socket socket)
    {
        // What an older connection still holds is not lost: a guest repeats on the new one what was not acknowledged.
        GuestConnection connection = new(socket, _handler);
        if (_current is GuestConnection older)
        {
            await older.DisposeAsync();
            await _reading;
        }

        _current = connection;
        _reading = ReadAsync(connection);
    }

    private async Task ReadAsync(GuestConnection connection)
    {
        await Task.Yield();
        try
        {
            await connection.RunAsync();
        }
        catch (WireFormatException e)
        {
            _counters.GuestFaults.Increment();
            Log.GuestFault(_logger, _vm.Value, e.Message);
        }
        catch (IOException e)
        {
            Log.GuestDisconnected(_logger, _vm.Value, e.Message);
        }
        catch (StoreException e)
        {
            // Not acknowledged, so the guest says it again on its next connection.
            _counters.StoreFaults.Increment();
            Log.GuestFault(_logger, _vm.Value, e.Message);
        }
        catch (Exception e)
        {
            // Whatever it was: who waits for the end of the VM must not wait for ever.
            _counters.GuestFaults.Increment();
            Log.GuestFault(_logger, _vm.Value, $"{e.GetType().Name}: {e.Message}");
        }
        finally
        {
            await connection.DisposeAsync();
        }
    }
}
