using MicroVm.Shared.Identity;
using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>One session from the moment that a place was taken for it until both its sides are gone.</summary>
internal sealed class BrokeredSession(SessionBroker broker, DeviceId device, ResourceName vm) : IAsyncDisposable
{
    private readonly TaskCompletionSource<SessionChannel> _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Random: whoever calls back with it was told it by a signed command.</summary>
    internal Guid Id { get; } = Guid.NewGuid();

    /// <summary>The device that is asked, and that alone may call back.</summary>
    internal DeviceId Device { get; } = device;

    /// <summary>The VM that it is about.</summary>
    internal ResourceName Vm { get; } = vm;

    /// <summary>The device's end, when it has called back.</summary>
    internal Task<SessionChannel> Called => _called.Task;

    /// <summary>Completes with the reason when the session is to end because of something outside it.</summary>
    internal Task<string> Ended => _ended.Task;

    /// <summary>Completes when nobody uses the device's end any more.</summary>
    internal Task Finished => _finished.Task;

    /// <summary>Hands over the device's end; false when nobody waits for it any more.</summary>
    internal bool TryHandOver(SessionChannel channel) => _called.TrySetResult(channel);

    /// <summary>Ends it; the reason that came first counts.</summary>
    internal void End(string reason) => _ended.TrySetResult(reason);

    /// <summary>Gives its place free and lets go of the device's end.</summary>
    public async ValueTask DisposeAsync()
    {
        broker.Release(this);
        if (!_called.TrySetCanceled() && _called.Task.IsCompletedSuccessfully)
        {
            await (await _called.Task).DisposeAsync();
        }

        _finished.TrySetResult();
    }
}
