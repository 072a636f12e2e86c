using System.Collections.Concurrent;
using System.Threading.Channels;

namespace MicroVm.ControlPlane.Host.Storage.Events;

/// <summary>Wakes those who follow events when some were kept. Carries no events: a waker reads the table.</summary>
internal sealed class EventFeed
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = [];

    /// <summary>Begins to listen to a device, or to all; the subscription is dropped by disposing it.</summary>
    internal Subscription Subscribe(string? device)
    {
        Subscription subscription = new(this, device);
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    /// <summary>Events of a device were kept.</summary>
    internal void Announce(string device)
    {
        foreach (Subscription subscription in _subscriptions.Keys)
        {
            if (subscription.Device is null || subscription.Device == device)
            {
                subscription.Wake();
            }
        }
    }

    /// <summary>One follower. Several announcements before it looks are one.</summary>
    internal sealed class Subscription(EventFeed feed, string? device) : IDisposable
    {
        private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        internal string? Device { get; } = device;

        /// <summary>Holds an item when there is something new since the last time it was read.</summary>
        internal ChannelReader<bool> Wakes => _wakes.Reader;

        internal void Wake() => _wakes.Writer.TryWrite(true);

        public void Dispose() => feed._subscriptions.TryRemove(this, out _);
    }
}
