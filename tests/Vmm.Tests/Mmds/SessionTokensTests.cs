using CsCheck;
using MicroVm.Vmm.Mmds;
using MicroVm.Vmm.Tests.RateLimiting;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class SessionTokensTests
{
    private readonly ManualClock _clock = new();
    private readonly SessionTokens _tokens;

    public SessionTokensTests() => _tokens = new SessionTokens(_clock);

    [Fact]
    public void Token_UntilItExpires_IsValid()
    {
        byte[] token = _tokens.Make(60);
        Assert.True(_tokens.IsValid(token));
        _clock.AdvanceMilliseconds(59_999);
        Assert.True(_tokens.IsValid(token));
        _clock.AdvanceMilliseconds(1);
        Assert.False(_tokens.IsValid(token));
    }

    [Fact]
    public void Tokens_OfTheSameMoment_Differ() => Assert.NotEqual(_tokens.Make(1), _tokens.Make(1));

    [Fact]
    public void Token_OfAnotherProcess_IsNotValid() => Assert.False(new SessionTokens(_clock).IsValid(_tokens.Make(60)));

    [Fact]
    public void Token_DamagedAnywhere_IsNotValid()
    {
        byte[] token = _tokens.Make(SessionTokens.MaxTtlSeconds);
        Gen.Select(Gen.Int[0, SessionTokens.TextBytes - 1], Gen.Byte).Sample(
            (at, value) =>
            {
                byte[] damaged = [.. token];
                damaged[at] = value;
                return value == token[at] || !_tokens.IsValid(damaged);
            },
            iter: 2000);
    }

    [Fact]
    public void Text_OfAnyKind_IsNotValid() => Gen.Byte.Array[0, 100].Sample(text => !_tokens.IsValid(text), iter: 2000);
}
