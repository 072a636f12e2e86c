namespace MicroVm.ControlPlane.Host.Gateway;

/// <summary>What the gateway counted since it started. Each property is read by <c>GET /api/v1/status</c>.</summary>
internal sealed class GatewayCounters
{
    private long _connections, _connectsRefused, _connectionsOverCap, _connectionsOverRate, _certificatesRefused, _takeOvers;
    private long _packetsOversized, _packetsMalformed;
    private long _uplinks, _uplinksMalformed, _uplinksStale, _uplinksRefused, _uplinksFailed, _subscriptionsRefused;
    private long _telemetryBatches, _telemetryDuplicates, _logLinesIgnored, _downlinks, _downlinksDropped;

    /// <summary>Connections that may be taken by devices now.</summary>
    internal long Connections => Interlocked.Read(ref _connections);

    internal long ConnectsRefused => Interlocked.Read(ref _connectsRefused);

    internal long ConnectionsOverCap => Interlocked.Read(ref _connectionsOverCap);

    internal long ConnectionsOverRate => Interlocked.Read(ref _connectionsOverRate);

    internal long CertificatesRefused => Interlocked.Read(ref _certificatesRefused);

    internal long TakeOvers => Interlocked.Read(ref _takeOvers);

    internal long PacketsOversized => Interlocked.Read(ref _packetsOversized);

    internal long PacketsMalformed => Interlocked.Read(ref _packetsMalformed);

    internal long Uplinks => Interlocked.Read(ref _uplinks);

    internal long UplinksMalformed => Interlocked.Read(ref _uplinksMalformed);

    internal long UplinksStale => Interlocked.Read(ref _uplinksStale);

    internal long UplinksRefused => Interlocked.Read(ref _uplinksRefused);

    internal long UplinksFailed => Interlocked.Read(ref _uplinksFailed);

    internal long SubscriptionsRefused => Interlocked.Read(ref _subscriptionsRefused);

    internal long TelemetryBatches => Interlocked.Read(ref _telemetryBatches);

    internal long TelemetryDuplicates => Interlocked.Read(ref _telemetryDuplicates);

    internal long LogLinesIgnored => Interlocked.Read(ref _logLinesIgnored);

    internal long Downlinks => Interlocked.Read(ref _downlinks);

    internal long DownlinksDropped => Interlocked.Read(ref _downlinksDropped);

    /// <summary>All counts by name.</summary>
    internal IReadOnlyDictionary<string, long> ToDictionary() => new SortedDictionary<string, long>(StringComparer.Ordinal)
    {
        ["connections"] = Connections,
        ["connectsRefused"] = ConnectsRefused,
        ["connectionsOverCap"] = ConnectionsOverCap,
        ["connectionsOverRate"] = ConnectionsOverRate,
        ["certificatesRefused"] = CertificatesRefused,
        ["takeOvers"] = TakeOvers,
        ["packetsOversized"] = PacketsOversized,
        ["packetsMalformed"] = PacketsMalformed,
        ["uplinks"] = Uplinks,
        ["uplinksMalformed"] = UplinksMalformed,
        ["uplinksStale"] = UplinksStale,
        ["uplinksRefused"] = UplinksRefused,
        ["uplinksFailed"] = UplinksFailed,
        ["subscriptionsRefused"] = SubscriptionsRefused,
        ["telemetryBatches"] = TelemetryBatches,
        ["telemetryDuplicates"] = TelemetryDuplicates,
        ["logLinesIgnored"] = LogLinesIgnored,
        ["downlinks"] = Downlinks,
        ["downlinksDropped"] = DownlinksDropped,
    };

    /// <summary>A transport connection begins.</summary>
    /// <returns>False when that would be one too many; then nothing began.</returns>
    internal bool TryOpen(int cap)
    {
        if (Interlocked.Increment(ref _connections) <= cap)
        {
            return true;
        }

        Interlocked.Decrement(ref _connections);
        Interlocked.Increment(ref _connectionsOverCap);
        return false;
    }

    internal void Close() => Interlocked.Decrement(ref _connections);

    internal void ConnectRefused() => Interlocked.Increment(ref _connectsRefused);

    internal void ConnectionOverRate() => Interlocked.Increment(ref _connectionsOverRate);

    internal void CertificateRefused() => Interlocked.Increment(ref _certificatesRefused);

    internal void TakeOver() => Interlocked.Increment(ref _takeOvers);

    internal void PacketOversized() => Interlocked.Increment(ref _packetsOversized);

    internal void PacketMalformed() => Interlocked.Increment(ref _packetsMalformed);

    internal void Uplink() => Interlocked.Increment(ref _uplinks);

    internal void UplinkMalformed() => Interlocked.Increment(ref _uplinksMalformed);

    internal void UplinkStale() => Interlocked.Increment(ref _uplinksStale);

    internal void UplinkRefused() => Interlocked.Increment(ref _uplinksRefused);

    internal void UplinkFailed() => Interlocked.Increment(ref _uplinksFailed);

    internal void SubscriptionRefused() => Interlocked.Increment(ref _subscriptionsRefused);

    internal void TelemetryBatch() => Interlocked.Increment(ref _telemetryBatches);

    internal void TelemetryDuplicate() => Interlocked.Increment(ref _telemetryDuplicates);

    /// <summary>Lines in the telemetry of an agent that does not keep its logs itself.</summary>
    internal void LogLineIgnored(int count) => Interlocked.Add(ref _logLinesIgnored, count);

    internal void Downlink() => Interlocked.Increment(ref _downlinks);

    internal void DownlinkDropped() => Interlocked.Increment(ref _downlinksDropped);
}
