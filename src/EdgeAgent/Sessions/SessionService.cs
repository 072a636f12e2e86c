using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.EdgeAgent.Sessions;

/// <summary>
/// Calls the control plane back for the sessions that it orders. Sessions run beside everything else and share nothing with it but
/// the table of VMs, which they only read.
/// </summary>
internal sealed class SessionService : IDisposable
{
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(10);

    private readonly Uri _apiUrl;
    private readonly SessionAnswerer _answerer;
    private readonly SessionSlots _slots;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _stopping = new();

    internal SessionService(
        AgentOptions options, ClientTls tls, SessionAnswerer answerer, SessionSlots slots, TimeProvider time, ILogger logger)
    {
        (_apiUrl, _answerer, _slots, _time, _logger) = (options.ControlPlane.ApiUrl, answerer, slots, time, logger);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = s_connectLimit,
            SslOptions = tls.Options(null),
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Begins a session that was ordered; returns at once.</summary>
    /// <returns>Empty, or why not.</returns>
    internal string Take(SessionOrder order)
    {
        IDisposable? slot = _slots.TryTake(order.Vm, out string refusal);
        lock (_lock)
        {
            if (slot is null || _stopping.IsCancellationRequested)
            {
                slot?.Dispose();
                return slot is null ? refusal : "the agent is stopping";
            }

            Task session = Task.Run(() => RunOneAsync(order, slot));
            _running.Add(session);
            session.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return "";
        }
    }

    /// <summary>Waits for the end of the agent, then ends the sessions that are open and waits for them.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Task[] left;
        lock (_lock)
        {
            _stopping.Cancel();
            left = [.. _running];
        }

        await Task.WhenAll(left);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _stopping.Dispose();
    }

    private void Forget(Task session)
    {
        lock (_lock)
        {
            _running.Remove(session);
        }
    }

    private async Task RunOneAsync(SessionOrder order, IDisposable slot)
    {
        using (slot)
        {
            try
            {
                await using WebSocketChannel? channel = await CallBackAsync(order);
                if (channel is not null)
                {
                    await _answerer.AnswerAsync(channel, order.Vm, _stopping.Token);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException)
            {
                Log.SessionNotOpened(_logger, order.Vm.Value, e.InnerException?.Message ?? e.Message);
            }
        }
    }

    private async Task<WebSocketChannel?> CallBackAsync(SessionOrder order)
    {
        using CancellationTokenSource limit = new(s_connectLimit, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, limit.Token);
        Uri address = new(_apiUrl, ApiPaths.DeviceSession(order.Session.ToString("D")));
        (WebSocketChannel? channel, HttpResponseMessage? refusal) = await WebSocketClient.ConnectAsync(_http, address, _time, either.Token);
        using (refusal)
        {
            if (refusal is not null)
            {
                Log.SessionNotOpened(_logger, order.Vm.Value, $"the control plane answered {(int)refusal.StatusCode} {refusal.ReasonPhrase}");
            }

            return channel;
        }
    }
}
