using System.Collections.Concurrent;
using System.Threading.Channels;

namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>Wakes those who follow a VM's log when lines of it were kept. Carries no lines: a waker reads the table.</summary>
internal sealed class LogFeed
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = [];

    /// <summary>Begins to listen; the subscription is dropped by disposing it.</summary>
    internal Subscription Subscribe(string device, string vm)
    {
        Subscription subscription = new(this, device, vm);
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Lines of the VM were kept.</summary>
    internal void Announce(string device, string vm)
    {
        foreach (Subscription subscription in _subscriptions.Keys)
        {
            if (subscription.Device == device && subscription.Vm == vm)
            {
                subscription.Wake();
            }
        }
    }

    /// <summary>One follower. Several announcements before it looks are one.</summary>
    internal sealed class Subscription(LogFeed feed, string device, string vm) : IDisposable
    {
        private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        internal string Device { get; } = device;

        internal string Vm { get; } = vm;

        /// <summary>Holds an item when there is something new since the last time it was read.</summary>
        internal ChannelReader<bool> Wakes => _wakes.Reader;

        internal void Wake() => _wakes.Writer.TryWrite(true);

        public void Dispose() => feed._subscriptions.TryRemove(this, out _);
    }
}
