"""The same page of sessions from FastAPI, uvicorn and SQLAlchemy, to be measured beside interviewd (bench/rest.py).

Written as its documentation teaches: dependencies for the token and the database session, ORM models, a response
model. With LEAN=1 it takes every shortcut a careful author might: no response model, columns in place of ORM objects,
no thread hop.
"""
import datetime
import json
import os
import typing

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import Column, Integer, String, create_engine, select
from sqlalchemy.orm import Session, declarative_base, sessionmaker

SECRET = os.environ["BENCH_SECRET"]
LEAN = os.environ.get("LEAN") == "1"
engine = create_engine("sqlite:///" + os.environ["BENCH_DB"], connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False)
Base = declarative_base()
STATUS = ["active", "completed", "abandoned"]


class InterviewSession(Base):
    __tablename__ = "sessions"
    id = Column(String, primary_key=True)
    user_id = Column(String)
    profile_id = Column(String)
    job_description = Column(String)
    status = Column(Integer)
    created_at = Column(Integer)
    completed_at = Column(Integer)
    duration = Column(Integer)
    question_count = Column(Integer)
    title = Column(String)
    metadata_ = Column("metadata", String)


class Metadata(BaseModel):
    llmProvider: typing.Optional[str]
    model: typing.Optional[str]
    language: str


class SessionOut(BaseModel):
    id: str
    userId: str
    profileId: typing.Optional[str]
    jobDescription: str
    status: str
    createdAt: str
    completedAt: typing.Optional[str]
    duration: int
    questionCount: int
    title: str
    metadata: Metadata


class Page(BaseModel):
    items: typing.List[SessionOut]
    nextCursor: typing.Optional[str]


app = FastAPI()


def get_db():
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def get_user(authorization: str = Header(...)) -> str:
    try:
        return jwt.decode(authorization.split(" ", 1)[1], SECRET, algorithms=["HS256"], audience="interviewd",
                          issuer="interviewd")["sub"]
    except (jwt.InvalidTokenError, IndexError):
        raise HTTPException(401)


def when(ms):
    if not ms:
        return None
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def as_dict(row):
    return {"id": row.id, "userId": row.user_id, "profileId": row.profile_id, "jobDescription": row.job_description,
            "status": STATUS[row.status], "createdAt": when(row.created_at), "completedAt": when(row.completed_at),
            "duration": row.duration, "questionCount": row.question_count, "title": row.title or "",
            "metadata": json.loads(row.metadata_)}


def page(rows, limit):
    more = len(rows) > limit
    return {"items": [as_dict(row) for row in rows[:limit]], "nextCursor": rows[limit - 1].id if more else None}


if LEAN:
    table = InterviewSession.__table__

    @app.get("/api/v1/sessions")
    async def sessions(authorization: str = Header(...), limit: int = 20):
        query = select(*(c.label(c.key if c.key != "metadata" else "metadata_") for c in table.c)).where(
            table.c.user_id == get_user(authorization)).order_by(table.c.id.desc()).limit(limit + 1)
        with engine.connect() as connection:
            return JSONResponse(page(connection.execute(query).all(), limit))
else:
    @app.get("/api/v1/sessions", response_model=Page)
    def sessions(user: str = Depends(get_user), db: Session = Depends(get_db), limit: int = 20):
        rows = db.query(InterviewSession).filter(InterviewSession.user_id == user).order_by(
            InterviewSession.id.desc()).limit(limit + 1).all()
        return page(rows, limit)
